#include "sources/capture/fragments.h"

#include <algorithm>

namespace tcpdx::capture {

Fragments::Fragments() : places_(kPlaces) {}

std::uint64_t Fragments::waiting() const {
    return static_cast<std::uint64_t>(std::count_if(places_.begin(), places_.end(),
                                                    [](const Place& place) { return place.used; }));
}

Fragments::Place& Fragments::place_for(const Fragment& piece) {
    Place* oldest = &places_.front();
    for (Place& place : places_) {
        if (place.used && place.id == piece.id && place.network == piece.network &&
            place.source == piece.source && place.destination == piece.destination) {
            return place;
        }
        if (!place.used) {
            oldest = oldest->used ? &place : oldest;
        } else if (oldest->used && place.started < oldest->started) {
            oldest = &place;
        }
    }
    given_up_ += oldest->used ? 1 : 0;
    *oldest = Place{.used = true,
                    .started = ++clock_,
                    .source = piece.source,
                    .destination = piece.destination,
                    .id = piece.id,
                    .network = piece.network};
    return *oldest;
}

bool Fragments::add(const Fragment& piece, Segment& segment) {
    if (piece.length == 0 || piece.offset + piece.length > kUnits * 8) {
        return false;
    }
    Place& place = place_for(piece);
    if (!piece.more) {
        place.total = piece.offset + piece.length;
    }
    const std::uint32_t first = piece.offset / 8;
    // Only the last piece may end within a unit.
    const std::uint32_t units = (piece.length + 7) / 8;
    for (std::uint32_t unit = first; unit < first + units; ++unit) {
        std::uint64_t& word = place.units[unit / 64];
        const std::uint64_t bit = std::uint64_t{1} << (unit % 64);
        place.units_there += (word & bit) == 0 ? 1 : 0;
        word |= bit;
    }
    if (piece.offset < kHeadBytes) {
        const std::size_t count =
            std::min<std::size_t>(piece.bytes.size(), kHeadBytes - piece.offset);
        std::copy_n(piece.bytes.begin(), count,
                    place.head.begin() + static_cast<std::ptrdiff_t>(piece.offset));
        if (piece.bytes.size() < piece.length) {
            place.head_limit =
                std::min(place.head_limit, piece.offset + static_cast<std::uint32_t>(count));
        }
    }
    if (place.total == 0 || place.units_there < (place.total + 7) / 8) {
        return false;
    }
    segment.source.address = piece.source;
    segment.destination.address = piece.destination;
    segment.network = piece.network;
    segment.hop_limit = piece.hop_limit;
    segment.ip_id = piece.source.family == IpFamily::V4
                        ? std::optional(static_cast<std::uint16_t>(piece.id))
                        : std::nullopt;
    const std::size_t there = std::min<std::size_t>({place.head_limit, place.total, kHeadBytes});
    const Decoded answer = decode_tcp(std::span(place.head).first(there), place.total, segment);
    place.used = false;
    return answer == Decoded::Tcp;
}

}  // namespace tcpdx::capture
