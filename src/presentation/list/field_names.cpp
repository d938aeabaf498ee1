#include "presentation/list/fields.h"

// Names of enumerators in output for programs. Never translated, never changed.

namespace tcpdx {

std::string_view name_of(AgeMethod method) {
    switch (method) {
        case AgeMethod::None:
            return "";
        case AgeMethod::LastAckReceived:
            return "last-ack-received";
        case AgeMethod::LastDataReceived:
            return "last-data-received";
        case AgeMethod::LastDataEither:
            return "last-data-either";
        case AgeMethod::RetransmissionTime:
            return "retransmission-time";
        case AgeMethod::RetransmitSchedule:
            return "retransmit-schedule";
        case AgeMethod::TimerRemaining:
            return "timer-remaining";
        case AgeMethod::KernelTimestamp:
            return "kernel-timestamp";
        case AgeMethod::Watched:
            return "watched";
        case AgeMethod::FirstSample:
            return "first-sample";
    }
    return "";
}

std::string_view name_of(OpenerBasis basis) {
    switch (basis) {
        case OpenerBasis::None:
            return "";
        case OpenerBasis::State:
            return "state";
        case OpenerBasis::ByteCounters:
            return "byte-counters";
        case OpenerBasis::ListenerOnPort:
            return "listener-on-port";
        case OpenerBasis::Watched:
            return "watched";
        case OpenerBasis::Text:
            return "text";
    }
    return "";
}

std::string_view name_of(TimerKind kind) {
    switch (kind) {
        case TimerKind::None:
            return "";
        case TimerKind::Retransmit:
            return "retransmit";
        case TimerKind::Keepalive:
            return "keepalive";
        case TimerKind::TimeWait:
            return "time-wait";
        case TimerKind::ZeroWindow:
            return "zero-window";
    }
    return "";
}

std::string_view name_of(SocketKind kind) {
    switch (kind) {
        case SocketKind::Full:
            return "full";
        case SocketKind::RequestSocket:
            return "request";
        case SocketKind::TimeWaitSocket:
            return "time-wait";
    }
    return "";
}

std::string_view name_of(OwnerKind kind) {
    switch (kind) {
        case OwnerKind::Unknown:
            return "";
        case OwnerKind::Process:
            return "process";
        case OwnerKind::NeverAccepted:
            return "never-accepted";
        case OwnerKind::Kernel:
            return "kernel";
    }
    return "";
}

std::string_view name_of(Opener opener) {
    switch (opener) {
        case Opener::Unknown:
            return "";
        case Opener::Active:
            return "active";
        case Opener::Passive:
            return "passive";
    }
    return "";
}

}  // namespace tcpdx
