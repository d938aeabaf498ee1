#include "sources/procfs/tables/memberships.h"

#include "sources/procfs/tables/field_reader.h"
#include "sources/procfs/tables/inet_sockets.h"
#include "sources/procfs/tables/routes.h"

namespace tcpdx::proc_tables {
namespace {

constexpr std::size_t kLongestInterface = 15;

}  // namespace

IgmpReader::Line IgmpReader::read(std::string_view line, GroupMembership& membership) {
    if (!heading_seen_) {
        heading_seen_ = true;
        return Line::Heading;
    }
    FieldReader fields(line);
    if (line.empty() || line.front() != '\t') {
        fields.integer();
        fields.literal('\t');
        if (!fields.ok()) {
            return Line::Malformed;
        }
        // The kernel pads a short name with blanks up to the colon, and netstat keeps them.
        const std::string_view name = fields.rest().substr(0, kLongestInterface);
        interface_ = name.substr(0, name.rfind(':'));
        return Line::Interface;
    }
    const auto group = parse_hex_address(fields.hex_digits());
    membership.references = fields.integer();
    if (!fields.ok() || !group) {
        return Line::Malformed;
    }
    membership.interface = interface_;
    membership.group = *group;
    return Line::Group;
}

std::optional<GroupMembership> parse_igmp6(std::string_view line) {
    FieldReader fields(line);
    fields.integer();
    GroupMembership membership;
    membership.interface = fields.word().substr(0, kLongestInterface);
    const auto group = parse_v6_digits(fields.word());
    membership.references = fields.integer();
    if (!fields.ok() || !group) {
        return std::nullopt;
    }
    membership.group = *group;
    return membership;
}

}  // namespace tcpdx::proc_tables
