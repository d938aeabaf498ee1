#include "sources/capture/read_capture.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "sources/capture/fragments.h"
#include "sources/capture/packet_reader.h"
#include "sources/capture/state_run.h"
#include "sources/capture/tracker.h"

namespace tcpdx::capture {

class CaptureReading::State {
public:
    explicit State(ReadOptions options)
        : options_(std::move(options)), tracker_(options_.most_connections) {}

    Result<> read(const std::string& name, InputWindow window) {
        auto opened = PacketReader::open(std::move(window));
        if (!opened) {
            Error error = opened.error();
            error.about = name;
            return unexpected(std::move(error));
        }
        captured_.files.push_back(name);
        PacketReader& reader = *opened;
        PacketRecord record;
        while (reader.next(record)) {
            if (!options_.wanted || options_.wanted(record)) {
                take_ahead(record);
            }
            constexpr std::uint64_t kOften = 1U << 16U;
            if (counts().packets % kOften == 0) {
                reader.release_what_was_read();
                if (options_.progress && !options_.progress(reader.window().position())) {
                    break;
                }
            }
        }
        catch_up();
        add_counts(reader.counts());
        if (reader.window().error()) {
            Error error = *reader.window().error();
            error.about = name;
            return unexpected(std::move(error));
        }
        return {};
    }

    void take(const PacketRecord& record) {
        take_ahead(record);
        catch_up();
    }

    // Connections are all over the memory, so segments wait in line a little, until what they need
    // has been fetched.
    void take_ahead(const PacketRecord& record) {
        CaptureCounts& counts = captured_.counts;
        ++counts.packets;
        counts.bytes += record.bytes.size();
        count_link_type(record.link_type);
        if (record.has_time) {
            // A damaged file may name any time; from 1897 to 2116 the difference of two fits.
            const std::int64_t time_ns = std::clamp(record.time_ns, kEarliestNs, kLatestNs);
            counts.times_backwards += time_ns < last_ns_ ? 1 : 0;
            first_ns_ = std::min(first_ns_, time_ns);
            last_ns_ = std::max(last_ns_, time_ns);
            now_ns_ = time_ns;
        }
        const Moment moment{.time_ns = now_ns_,
                            .packet = static_cast<std::uint32_t>(counts.packets),
                            .has_time = record.has_time};
        switch (decode(record, packet_)) {
            case Decoded::Tcp:
                ++counts.tcp;
                line_up(moment);
                break;
            case Decoded::Icmp:
                ++counts.icmp_errors;
                catch_up();
                tracker_.add(packet_.icmp, moment);
                break;
            case Decoded::Fragment:
                ++counts.fragments;
                catch_up();
                if (fragments_.add(packet_.fragment, packet_.segment)) {
                    ++counts.tcp;
                    tracker_.add(packet_.segment, moment);
                }
                break;
            case Decoded::OtherIp:
                ++counts.other_ip;
                break;
            case Decoded::NotIp:
                ++counts.not_ip;
                break;
            case Decoded::Cut:
                ++counts.cut_packets;
                break;
            case Decoded::Damaged:
            case Decoded::TooDeep:
                ++counts.damaged_packets;
                break;
            case Decoded::Encrypted:
                ++counts.encrypted_packets;
                break;
            case Decoded::UnknownLinkType:
                ++counts.unknown_link_type;
                break;
        }
    }

    Captured finish() {
        captured_.counts.fragments_incomplete = fragments_.given_up() + fragments_.waiting();
        if (first_ns_ <= last_ns_) {
            captured_.first = capture_time(first_ns_);
            captured_.last = capture_time(last_ns_);
        }
        tracker_.finish(std::max<std::int64_t>(last_ns_, now_ns_), captured_);
        for (const auto& [number, packets] : link_types_) {
            captured_.link_types.push_back(
                {.number = number, .name = link_type_name(number), .packets = packets});
        }
        return std::move(captured_);
    }

    [[nodiscard]] std::size_t bytes() const { return tracker_.bytes(); }

private:
    struct Waiting {
        Segment segment;
        Moment moment;
        Tracker::Location location;
    };
    static constexpr std::size_t kLine = 8;
    static constexpr std::int64_t kEarliestNs = -(std::int64_t{1} << 61U);
    static constexpr std::int64_t kLatestNs = std::int64_t{1} << 62U;

    [[nodiscard]] const CaptureCounts& counts() const { return captured_.counts; }

    void line_up(const Moment& moment) {
        if (waiting_ == kLine) {
            add_first();
        }
        Waiting& last = line_[(first_waiting_ + waiting_) % kLine];
        last.segment = packet_.segment;
        last.moment = moment;
        last.location = tracker_.locate(packet_.segment);
        tracker_.fetch_place(last.location);
        ++waiting_;
        if (waiting_ > kLine / 2) {
            tracker_.fetch_connection(
                line_[(first_waiting_ + waiting_ - kLine / 2) % kLine].location);
        }
    }
    void add_first() {
        const Waiting& first = line_[first_waiting_];
        tracker_.add(first.segment, first.moment, first.location);
        first_waiting_ = (first_waiting_ + 1) % kLine;
        --waiting_;
    }
    void catch_up() {
        while (waiting_ > 0) {
            add_first();
        }
    }

    // Nearly always the same as that of the packet before.
    void count_link_type(std::uint32_t link_type) {
        if (link_count_ == nullptr || link_type != last_link_type_) {
            last_link_type_ = link_type;
            link_count_ = &link_types_[link_type];
        }
        ++*link_count_;
    }

    void add_counts(const ReadCounts& read) {
        CaptureCounts& counts = captured_.counts;
        counts.undeclared_interface += read.undeclared_interface;
        counts.damaged_places += read.damaged_places + read.uneven_blocks;
        counts.damaged_bytes += read.damaged_bytes;
        counts.dropped_by_capture += read.dropped_by_capture;
        counts.cut |= read.cut;
        counts.no_times |= read.no_times;
    }

    ReadOptions options_;
    Tracker tracker_;
    Fragments fragments_;
    Packet packet_;
    std::array<Waiting, kLine> line_;
    std::size_t first_waiting_ = 0;
    std::size_t waiting_ = 0;
    Captured captured_;
    std::map<std::uint32_t, std::uint64_t> link_types_;
    std::uint64_t* link_count_ = nullptr;
    std::uint32_t last_link_type_ = 0;
    std::int64_t first_ns_ = std::numeric_limits<std::int64_t>::max();
    std::int64_t last_ns_ = std::numeric_limits<std::int64_t>::min();
    std::int64_t now_ns_ = 0;
};

CaptureReading::CaptureReading(ReadOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
CaptureReading::~CaptureReading() = default;

Result<> CaptureReading::read(const std::string& name, InputWindow window) {
    return state_->read(name, std::move(window));
}
void CaptureReading::take(const PacketRecord& record) {
    state_->take(record);
}
Captured CaptureReading::finish() {
    return state_->finish();
}
std::size_t CaptureReading::bytes() const {
    return state_->bytes();
}

}  // namespace tcpdx::capture
