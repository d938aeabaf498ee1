#include "sources/text/headers.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "sources/text/state_words.h"

namespace tcpdx::text {
namespace {

enum class Word : std::uint8_t {
    Protocol,
    ReceiveQueue,
    SendQueue,
    Local,
    Peer,
    State,
    Owner,
    Timer,
    Netid,
    Address,
    Other,
};

struct HeaderWord {
    std::string_view text;  // as the start of a column's name, lower case
    Word word;
};

// Every language of the listings known; the starts of the names, since tools cut and inflect them.
constexpr HeaderWord kWords[] = {
    {"proto", Word::Protocol},
    {"协议", Word::Protocol},
    {"協定", Word::Protocol},
    {"プロトコル", Word::Protocol},
    {"프로토콜", Word::Protocol},
    {"Имя", Word::Protocol},
    {"recv-q", Word::ReceiveQueue},
    {"recvq", Word::ReceiveQueue},
    {"recib", Word::ReceiveQueue},
    {"受信-q", Word::ReceiveQueue},
    {"přích-f", Word::ReceiveQueue},
    {"send-q", Word::SendQueue},
    {"sendq", Word::SendQueue},
    {"enviad", Word::SendQueue},
    {"送信-q", Word::SendQueue},
    {"odch-f", Word::SendQueue},
    {"local", Word::Local},
    {"lokal", Word::Local},
    {"locale", Word::Local},
    {"místní", Word::Local},
    {"内部", Word::Local},
    {"本地", Word::Local},
    {"本機", Word::Local},
    {"로컬", Word::Local},
    {"ローカル", Word::Local},
    {"Локальный", Word::Local},
    {"yerel", Word::Local},
    {"adresse locale", Word::Local},
    {"foreign", Word::Peer},
    {"remote", Word::Peer},
    {"peer", Word::Peer},
    {"remota", Word::Peer},
    {"remoto", Word::Peer},
    {"externa", Word::Peer},
    {"externo", Word::Peer},
    {"distant", Word::Peer},
    {"vzdálená", Word::Peer},
    {"motparts", Word::Peer},
    {"外部", Word::Peer},
    {"외부", Word::Peer},
    {"Внешний", Word::Peer},
    {"remoteadresse", Word::Peer},
    {"faddr", Word::Peer},
    {"fjärr", Word::Peer},
    {"esterno", Word::Peer},
    {"estrangeiro", Word::Peer},
    {"state", Word::State},
    {"(state)", Word::State},
    {"tcp-state", Word::State},
    {"status", Word::State},
    {"estado", Word::State},
    {"etat", Word::State},
    {"état", Word::State},
    {"stav", Word::State},
    {"tillstånd", Word::State},
    {"状態", Word::State},
    {"状态", Word::State},
    {"狀態", Word::State},
    {"상태", Word::State},
    {"Состояние", Word::State},
    {"État", Word::State},
    {"stato", Word::State},
    {"stan", Word::State},
    {"durum", Word::State},
    {"estat", Word::State},
    {"pid", Word::Owner},
    {"process", Word::Owner},
    {"owningprocess", Word::Owner},
    {"program", Word::Owner},
    {"command", Word::Owner},
    {"timer", Word::Timer},
    {"temporizador", Word::Timer},
    {"netid", Word::Netid},
    {"address", Word::Address},
    {"adres", Word::Address},
    {"dirección", Word::Address},
    {"endereço", Word::Address},
    {"アドレス", Word::Address},
    {"地址", Word::Address},
    {"位址", Word::Address},
    {"주소", Word::Address},
    {"адрес", Word::Address},
    {"swind", Word::Other},
    {"rwind", Word::Other},
};

bool starts_like(std::string_view text, std::string_view start) {
    return text.size() >= start.size() &&
           std::equal(start.begin(), start.end(), text.begin(),
                      [](char a, char b) { return to_lower(a) == to_lower(b); });
}

std::optional<Word> word_of(std::string_view text) {
    // The longest name wins: "remoteadresse" is one column, "locale" is not "local" and more.
    const HeaderWord* best = nullptr;
    for (const HeaderWord& known : kWords) {
        if (starts_like(text, known.text) &&
            (best == nullptr || known.text.size() > best->text.size())) {
            best = &known;
        }
    }
    return best == nullptr ? std::nullopt : std::optional(best->word);
}

struct Seen {
    bool protocol = false;
    bool receive = false;
    bool send = false;
    bool local = false;
    bool peer = false;
    bool state = false;
    bool owner = false;
    bool netid = false;
    std::size_t state_at = 0;
    std::size_t local_at = 0;
    std::size_t known = 0;
};

Seen look(const Tokens& tokens) {
    Seen seen;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const auto word = word_of(tokens[i]);
        if (!word) {
            continue;
        }
        ++seen.known;
        switch (*word) {
            case Word::Protocol:
                seen.protocol = true;
                break;
            case Word::ReceiveQueue:
                seen.receive = true;
                break;
            case Word::SendQueue:
                seen.send = true;
                break;
            case Word::Local:
                seen.local_at = seen.local ? seen.local_at : i;
                seen.local = true;
                break;
            case Word::Peer:
                seen.peer = true;
                break;
            case Word::State:
                if (!seen.state) {
                    seen.state_at = i;
                }
                seen.state = true;
                break;
            case Word::Owner:
                seen.owner = true;
                break;
            case Word::Netid:
                seen.netid = true;
                break;
            case Word::Timer:
            case Word::Address:
            case Word::Other:
                break;
        }
    }
    // "Recv-Q Send-QLocal Address:Port  Peer Address:Port": glued.
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        seen.local = seen.local || contains_ignoring_case(tokens[i], "local");
        seen.peer = seen.peer || contains_ignoring_case(tokens[i], "peer") ||
                    contains_ignoring_case(tokens[i], "foreign");
        seen.owner = seen.owner || contains_ignoring_case(tokens[i], "process") ||
                     contains_ignoring_case(tokens[i], "pid");
    }
    return seen;
}

// Columns right of the state, as far as they matter.
std::vector<TableContext::Column> columns_after(const Tokens& tokens, std::size_t state) {
    std::vector<TableContext::Column> columns;
    bool wanted = false;
    for (std::size_t i = state + 1; i < tokens.size(); ++i) {
        const std::string_view word = tokens[i];
        if (same_ignoring_case(word, "process:pid")) {
            columns.push_back(TableContext::Column::ProcessPid);
            wanted = true;
        } else if (same_ignoring_case(word, "pid")) {
            columns.push_back(TableContext::Column::Pid);
            wanted = true;
        } else {
            columns.push_back(TableContext::Column::Other);
        }
    }
    if (!wanted) {
        columns.clear();
    }
    return columns;
}

bool has_word(const Tokens& tokens, std::string_view wanted) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (same_ignoring_case(tokens[i], wanted)) {
            return true;
        }
    }
    return false;
}

std::optional<Header> lsof_header(const Tokens& tokens) {
    if (!(has_word(tokens, "COMMAND") && has_word(tokens, "PID") &&
          (has_word(tokens, "NODE") || has_word(tokens, "NAME") || has_word(tokens, "FD"))) ||
        has_word(tokens, "PROTO")) {  // sockstat of the BSDs has those words as well
        return std::nullopt;
    }
    Header header;
    header.tool = Tool::Lsof;
    header.table.has_header = true;
    header.table.has_pid_column = true;
    return header;
}

std::optional<Header> other_header(const Tokens& tokens) {
    // UNIX domain sockets, kernel control sockets, routes, interfaces, Bluetooth.
    const bool unix_table = has_word(tokens, "RefCnt") || has_word(tokens, "Nextref") ||
                            has_word(tokens, "rcvbuf") || has_word(tokens, "CSum") ||
                            (has_word(tokens, "Type") && has_word(tokens, "Recv-Q")) ||
                            has_word(tokens, "PSM") || has_word(tokens, "Channel") ||
                            has_word(tokens, "Genmask") || has_word(tokens, "Vnode");
    if (!unix_table || tokens.size() < 3) {
        return std::nullopt;
    }
    Header header;
    header.sockets = false;
    if (has_word(tokens, "RefCnt") || has_word(tokens, "PSM")) {
        header.system = HostSystem::Linux;
    } else if (has_word(tokens, "rcvbuf")) {
        header.system = HostSystem::MacOs;
    }
    return header;
}

}  // namespace

std::optional<Header> parse_header(const Tokens& tokens) {
    constexpr std::size_t kFewest = 2;
    if (tokens.size() < kFewest) {
        return std::nullopt;
    }
    if (auto lsof = lsof_header(tokens)) {
        return lsof;
    }
    if (auto other = other_header(tokens)) {
        return other;
    }
    Header header;
    TableContext& table = header.table;
    table.has_header = true;
    if (tokens[0] == "sl" && has_word(tokens, "local_address")) {
        header.tool = Tool::ProcNetTcp;
        header.system = HostSystem::Linux;
        return header;
    }
    if (has_word(tokens, "LocalAddress") && has_word(tokens, "LocalPort")) {
        header.tool = Tool::PowerShell;
        header.system = HostSystem::Windows;
        table.has_pid_column = has_word(tokens, "OwningProcess");
        return header;
    }
    const Seen seen = look(tokens);
    if (has_word(tokens, "COMMAND") && has_word(tokens, "PROTO")) {
        header.tool = Tool::Sockstat;
        header.system = HostSystem::FreeBsd;
        table.has_pid_column = true;
        table.header_without_queues = true;
        table.has_state_column = has_word(tokens, "STATE");
        return header;
    }
    if (has_word(tokens, "Swind") || has_word(tokens, "Rwind")) {
        header.tool = Tool::Netstat;
        header.system = HostSystem::Solaris;
        table.has_pid_column = has_word(tokens, "Pid");
        return header;
    }
    const bool listen_table = starts_like(tokens[0], "listen") && seen.local && tokens.size() <= 4;
    // macOS's and FreeBSD's own list of retransmits.
    const bool bsd_counters = has_word(tokens, "Rexmit") || has_word(tokens, "OOORcv");
    if (!listen_table && !bsd_counters && seen.known < 4 &&
        !(seen.known >= 3 && (seen.receive || seen.state || seen.protocol))) {
        return std::nullopt;
    }
    if (!listen_table && !bsd_counters && !seen.local && !seen.peer && !seen.state) {
        return std::nullopt;
    }
    table.has_state_column = seen.state || listen_table;
    table.has_pid_column = seen.owner;
    const bool state_first = seen.state && seen.state_at < seen.local_at;
    const bool ss =
        seen.netid || state_first ||
        (seen.receive && !seen.protocol && contains_ignoring_case(tokens.line(), "peer")) ||
        contains_ignoring_case(tokens.line(), "address:port");
    if (ss) {
        header.tool = Tool::Ss;
        header.system = HostSystem::Linux;
        table.is_ss = true;
        table.has_pid_column = false;  // "Process" stands there with or without -p
        return header;
    }
    header.tool = Tool::Netstat;
    table.has_state_column = table.has_state_column && !bsd_counters;
    if (bsd_counters) {
        header.system = HostSystem::FreeBsd;
    }
    if (seen.state) {
        table.after_state = columns_after(tokens, seen.state_at);
    }
    table.header_without_queues = seen.protocol && !seen.receive && !bsd_counters && !listen_table;
    if (has_word(tokens, "rhiwat") || has_word(tokens, "process:pid")) {
        header.system = HostSystem::MacOs;
    } else if (has_word(tokens, "Tcpcb") || listen_table) {
        header.system = HostSystem::FreeBsd;
    } else if (has_word(tokens, "TCP-State")) {
        header.system = HostSystem::OpenBsd;
    } else if (has_word(tokens, "PCB/ADDR")) {
        header.system = HostSystem::Aix;
    } else if (table.header_without_queues && tokens.size() <= 10) {
        header.system = HostSystem::Windows;
    } else if (contains_ignoring_case(tokens.line(), "pid/program")) {
        header.system = HostSystem::Linux;
    } else if (contains_ignoring_case(tokens.line(), "send-q  local") &&
               has_word(tokens, "(state)")) {
        // macOS and AIX have two blanks there, FreeBSD one. AIX is told by its rows.
        header.likely = HostSystem::MacOs;
    }
    return header;
}

std::optional<Banner> parse_banner(std::string_view line) {
    line = trimmed(line);
    constexpr std::size_t kLongest = 300;
    if (line.size() < 8 || line.size() > kLongest) {
        return std::nullopt;
    }
    std::array<char, kLongest> lower_line{};
    std::transform(line.begin(), line.end(), lower_line.begin(), to_lower);
    const std::string_view lowered(lower_line.data(), line.size());
    const auto has = [&](std::string_view lower) {
        return lowered.find(lower) != std::string_view::npos;
    };
    const auto has_exact = [&](std::string_view text) {
        return line.find(text) != std::string_view::npos;
    };
    Banner banner;

    // Warnings: not made as root.
    static constexpr std::string_view kNotRoot[] = {"not all processes could be identified",
                                                    "you would have to be root",
                                                    "will not be shown, you would",
                                                    "you should be root",
                                                    "showing only processes with your user",
                                                    "requires elevation",
                                                    "no info could be read for",
                                                    "run as administrator",
                                                    "es konnten nicht alle prozesse",
                                                    "root kann sie anzeigen",
                                                    "nicht-eigene process",
                                                    "no todos los procesos pueden",
                                                    "necesita ser superusuario",
                                                    "tous les processus ne peuvent",
                                                    "les infos sur les processus non",
                                                    "nem todos os processos",
                                                    "precisa ser root",
                                                    "non tutti i processi",
                                                    "is niet alle process",
                                                    "nicht alle prozesse konnten",
                                                    "operation not permitted while",
                                                    "access denied"};
    for (const std::string_view warning : kNotRoot) {
        if (has(warning)) {
            banner.not_root = true;
            return banner;
        }
    }
    for (const std::string_view warning :
         {"并非所有进程都能被", "必须切换到", "root 用户", "要求的操作需要提升",
          "请求的操作需要提升", "요청한 작업을 수행하려면", "管理者特権", "root でなければ",
          "すべてのプロセスを識別", "Не все процессы", "Запрошенная операция требует"}) {
        if (has_exact(warning)) {
            banner.not_root = true;
            return banner;
        }
    }

    static constexpr std::string_view kUnix[] = {"unix domain sock",
                                                 "unix-dom",
                                                 "sockets de dominio unix",
                                                 "domínio unix",
                                                 "domaine unix",
                                                 "bluetooth connections",
                                                 "active local (unix)",
                                                 "kernel control sockets",
                                                 "kernel event sockets",
                                                 "active multipath internet",
                                                 "registered kernel",
                                                 "active ipx",
                                                 "active x.25",
                                                 "active sctp",
                                                 "udp: ipv",
                                                 "sctp:",
                                                 "unix-domän",
                                                 "unix sockets"};
    for (const std::string_view text : kUnix) {
        if (has(text)) {
            banner.other_sockets = true;
            if (text == "active local (unix)" || text.starts_with("kernel ") ||
                text.starts_with("registered")) {
                banner.system = HostSystem::MacOs;
            }
            return banner;
        }
    }
    if (has_exact("UNIX域") || has_exact("UNIX ドメイン") || has_exact("UNIXドメイン") ||
        has_exact("UNIX 도메인") || has_exact("Unix域")) {
        banner.other_sockets = true;
        banner.system = HostSystem::Linux;
        return banner;
    }

    struct Title {
        std::string_view text;
        HostSystem system;
    };
    static constexpr Title kTitles[] = {
        {"active internet connections", HostSystem::Unknown},
        {"active connections", HostSystem::Windows},
        {"aktive internetverbindungen", HostSystem::Linux},
        {"aktive verbindungen", HostSystem::Windows},
        {"conexiones activas de internet", HostSystem::Linux},
        {"conexiones activas", HostSystem::Windows},
        {"conexões internet ativas", HostSystem::Linux},
        {"conexões ativas", HostSystem::Windows},
        {"ligações activas", HostSystem::Windows},
        {"connexions internet actives", HostSystem::Linux},
        {"connexions actives d'internet", HostSystem::Linux},
        {"connexions actives", HostSystem::Windows},
        {"connessioni internet attive", HostSystem::Linux},
        {"connessioni attive", HostSystem::Windows},
        {"aktiva internetanslutningar", HostSystem::Linux},
        {"aktiva anslutningar", HostSystem::Windows},
        {"aktivní internetová spojení", HostSystem::Linux},
        {"aktivní připojení", HostSystem::Windows},
        {"actieve verbindingen", HostSystem::Windows},
        {"aktywne połączenia internetowe", HostSystem::Linux},
        {"aktywne połączenia", HostSystem::Windows},
        {"etkin bağlantılar", HostSystem::Windows},
        {"稼働中のインターネット接続", HostSystem::Linux},
        {"アクティブな接続", HostSystem::Windows},
        {"激活internet连接", HostSystem::Linux},
        {"活动internet连接", HostSystem::Linux},
        {"活跃的internet", HostSystem::Linux},
        {"啟用internet連線", HostSystem::Linux},
        {"活动连接", HostSystem::Windows},
        {"使用中連線", HostSystem::Windows},
        {"활성 연결", HostSystem::Windows},
        {"активные соединения с интернетом", HostSystem::Linux},
        {"Активные соединения с интернетом", HostSystem::Linux},
        {"Активные подключения", HostSystem::Windows},
        {"current listen queue sizes", HostSystem::FreeBsd},
        {"tcp: ipv", HostSystem::Solaris},
    };
    for (const Title& title : kTitles) {
        if (!has(title.text) && !has_exact(title.text)) {
            continue;
        }
        banner.system = title.system;
        if (title.text == "current listen queue sizes") {
            banner.listeners = true;
            return banner;
        }
        static constexpr std::string_view kOnly[] = {
            "only servers", "nur server", "solo servidores",    "seulement serveurs",
            "サーバのみ",   "仅服务器",   "somente servidores", "solo server"};
        static constexpr std::string_view kWith[] = {"servers and established",
                                                     "including servers",
                                                     "server und stehende",
                                                     "servidores y establecidos",
                                                     "servidores e estabelec",
                                                     "serveurs et établies",
                                                     "サーバと確立",
                                                     "服务器和已建立",
                                                     "server e stabilite"};
        // Portuguese uses the banner "sem os servidores" for -l as well, so that one says nothing.
        static constexpr std::string_view kWithout[] = {
            "w/o servers", "without servers", "ohne server",    "sans serveurs",
            "w/oサーバ",   "w/o 服务器",      "servidores w/o", "servers w/o"};
        const auto any = [&](const auto& list) {
            return std::any_of(std::begin(list), std::end(list), has);
        };
        if (any(kOnly)) {
            banner.listeners = true;
            banner.connections = false;
        } else if (any(kWith)) {
            banner.listeners = true;
            banner.connections = true;
        } else if (any(kWithout)) {
            banner.listeners = false;
            banner.connections = true;
        }
        if (has("including servers")) {
            banner.system = HostSystem::Unknown;  // any BSD
        } else if (banner.listeners && banner.system == HostSystem::Unknown) {
            banner.system = HostSystem::Linux;
        }
        return banner;
    }
    return std::nullopt;
}

bool is_omission(std::string_view line) {
    line = trimmed(line);
    if (line.empty() || line.size() > 200) {
        return false;
    }
    // Only dots, perhaps in columns: "...    ...   ....".
    const bool dots = std::all_of(line.begin(), line.end(),
                                  [](char c) { return c == '.' || is_blank(c) || c == '*'; });
    const bool enough = std::count(line.begin(), line.end(), '.') >= 2;
    if (dots && enough) {
        return true;
    }
    static constexpr std::string_view kWords[] = {"snip",    "truncated", "omitted",   "cut off",
                                                  "skipped", "and so on", "many more", "output cut",
                                                  "생략",    "省略",      "中略",      "以下略"};
    const bool marked = line.front() == '.' || line.front() == '[' || line.front() == '<' ||
                        line.front() == '(' || line.front() == '-' || line.starts_with("…");
    return line == "…" ||
           (marked && std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view word) {
                return contains_ignoring_case(line, word);
            }));
}

}  // namespace tcpdx::text
