#include "sources/text/state_words.h"

#include <algorithm>
#include <array>

#include "sources/text/tokens.h"

namespace tcpdx::text {
namespace {

using enum TcpState;

struct Translation {
    std::string_view word;
    TcpState state;
};

// What tools print on hosts in other languages: net-tools with the translations of its own and of
// the distributions, and German Windows. Written in upper case; compared by their ASCII letters.
constexpr Translation kTranslations[] = {
    // Portuguese
    {"ESTABELECIDA", Established},
    {"ESTABELECIDO", Established},
    {"SYN_ENVIADO", SynSent},
    {"SYN_RECEBIDO", SynReceived},
    {"ESPERA_FIN1", FinWait1},
    {"ESPERA_FIN2", FinWait2},
    {"FECHAR", Closed},
    {"FECHADO", Closed},
    {"FECHADA", Closed},
    {"ESPERANDO_FECHAR", CloseWait},
    {"ESPERA_FECHAR", CloseWait},
    {"ÚLTIMO_ACK", LastAck},
    {"OUÇA", Listen},
    {"OUVINDO", Listen},
    {"ESCUTA", Listen},
    {"ESCUTANDO", Listen},
    {"FECHANDO", Closing},
    {"TEMPO_ESPERA", TimeWait},
    {"ESPERANDO", TimeWait},
    // Spanish
    {"ESTABLECIDO", Established},
    {"ESTABLECIDA", Established},
    {"ESCUCHAR", Listen},
    {"ESCUCHANDO", Listen},
    {"ESCUCHA", Listen},
    {"CERRAR", Closed},
    {"CERRADO", Closed},
    {"CERRANDO", Closing},
    {"ESPERA_CIERRE", CloseWait},
    {"ESPERANDO_CERRAR", CloseWait},
    {"TIEMPO_ESPERA", TimeWait},
    {"TIEMPO_DE_ESPERA", TimeWait},
    {"ÚLTIMO_ACK", LastAck},
    {"SYN_ENVIADO", SynSent},
    {"SYN_RECIBIDO", SynReceived},
    {"ESPERA_FIN_1", FinWait1},
    {"ESPERA_FIN_2", FinWait2},
    // Catalan
    {"ESTABLERT", Established},
    {"SYNSENT", SynSent},
    {"SYNRECV", SynReceived},
    {"FINWAIT1", FinWait1},
    {"FINWAIT2", FinWait2},
    {"TEMPS", TimeWait},
    {"TANCA", Closed},
    {"CLOSEWAIT", CloseWait},
    {"LASTACK", LastAck},
    {"ESCOLTA", Listen},
    {"TANCAMENT", Closing},
    // Czech
    {"SPOJENO", Established},
    {"ZAVŘEN", Closed},
    {"ZAVŘENO", Closed},
    {"POSLEDNÍ ACK", LastAck},
    {"POSLEDNÍ_ACK", LastAck},
    {"NASLOUCHÁ", Listen},
    {"ZAVÍRÁ", Closing},
    // Swedish
    {"ETABLERAD", Established},
    {"STÄNG", Closed},
    {"STÄNGD", Closed},
    {"STÄNG_VÄNTA", CloseWait},
    {"LYSSNAR", Listen},
    {"STÄNGER", Closing},
    // German: net-tools, and Windows
    {"VERBUNDEN", Established},
    {"HERGESTELLT", Established},
    {"ABHÖREN", Listen},
    {"ABHOEREN", Listen},
    {"ABHOREN", Listen},
    {"WARTEND", TimeWait},
    {"SCHLIESSEN_WARTEN", CloseWait},
    {"SCHLIEßEN_WARTEN", CloseWait},
    {"FIN_WARTEN_1", FinWait1},
    {"FIN_WARTEN_2", FinWait2},
    {"SYN_GESENDET", SynSent},
    {"SYN_EMPFANGEN", SynReceived},
    {"SYN_ERHALTEN", SynReceived},
    {"LETZTE_ACK", LastAck},
    {"LETZTES_ACK", LastAck},
    {"LETZTE_BESTÄTIGUNG", LastAck},
    {"SCHLIESSEND", Closing},
    {"SCHLIEßEND", Closing},
    {"WIRD_GESCHLOSSEN", Closing},
    {"GESCHLOSSEN", Closed},
    {"LAUSCHEN", Listen},
    {"LAUSCHEND", Listen},
    // French
    {"ÉTABLIE", Established},
    {"ÉTABLI", Established},
    {"ETABLIE", Established},
    {"ETABLI", Established},
    {"ÉCOUTE", Listen},
    {"ECOUTE", Listen},
    {"À_L'ÉCOUTE", Listen},
    {"L'ÉCOUTE", Listen},
    {"FERMÉ", Closed},
    {"ATTENTE_FERMETURE", CloseWait},
    {"ATTENTE", TimeWait},
    // Italian
    {"STABILITO", Established},
    {"STABILITA", Established},
    {"IN_ASCOLTO", Listen},
    {"ASCOLTO", Listen},
    {"CHIUSO", Closed},
    // Dutch, Danish, Norwegian, Finnish, Polish, Estonian, Turkish, Hungarian
    {"VERBONDEN", Established},
    {"LUISTEREND", Listen},
    {"ETABLERET", Established},
    {"LYTTER", Listen},
    {"ETABLERT", Established},
    {"KUUNTELEE", Listen},
    {"USTANOWIONO", Established},
    {"USTANOWIONE", Established},
    {"NASŁUCHIWANIE", Listen},
    {"NASŁUCHUJE", Listen},
    {"ÜHENDATUD", Established},
    {"KUULAB", Listen},
    {"BAĞLI", Established},
    {"DİNLENİYOR", Listen},
    {"DİNLEME", Listen},
    // Scripts without ASCII letters: only whole words match.
    {"УСТАНОВЛЕНО", Established},
    {"ПРОСЛУШИВАНИЕ", Listen},
    {"ОЖИДАНИЕ", TimeWait},
    {"ОЖИДАНИЕ_ЗАКРЫТИЯ", CloseWait},
    {"ЗАКРЫТО", Closed},
    {"受信待ち", Listen},
    {"接続待ち", Listen},
    {"接続済み", Established},
    {"接続確立", Established},
    {"確立", Established},
    {"待機", TimeWait},
    {"侦听", Listen},
    {"监听", Listen},
    {"監聽", Listen},
    {"接聽", Listen},
    {"已建立", Established},
    {"已建立连接", Established},
    {"수신", Listen},
    {"수신대기", Listen},
    {"연결됨", Established},
    {"설정됨", Established},
};

// Known to be states, and no state of a connection.
constexpr std::string_view kUnconnected[] = {"IDLE", "BOUND", "UNCONN", "INACTIVE"};
constexpr std::string_view kUnknown[] = {"UNKNOWN",  "DESCONHECIDA", "DESCONEGUT", "NEZNÁM",
                                         "OKÄND",    "UNBEKANNT",    "INCONNU",    "DESCONOCIDO",
                                         "NIEZNANY", "UNK",          "НЕИЗВЕСТНО"};

// The key a word is compared by: ASCII letters and digits in upper case, and one '*' for each run
// of anything else, so that a letter which a wrong code page turned into "?", "™" or "Ã–" still
// fits.
struct Key {
    std::array<char, 32> bytes{};
    std::size_t size = 0;
    std::size_t letters = 0;
    bool damaged = false;

    [[nodiscard]] constexpr std::string_view text() const { return {bytes.data(), size}; }
};

constexpr Key key_of(std::string_view word) {
    Key key;
    bool in_run = false;
    for (const char c : word) {
        if (key.size == key.bytes.size()) {
            return {};
        }
        if (is_letter(c) || is_digit(c)) {
            key.bytes[key.size++] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            ++key.letters;
            in_run = false;
        } else if (c == '_' || c == '-' || c == ' ' || c == '\'') {
            in_run = false;
        } else {
            if (!in_run) {
                key.bytes[key.size++] = '*';
            }
            in_run = true;
            key.damaged = true;
        }
    }
    return key;
}

struct KeyedTranslation {
    Key key;
    std::string_view word;
    TcpState state = Closed;
};

constexpr std::size_t kTranslationCount = std::size(kTranslations);

constexpr std::array<KeyedTranslation, kTranslationCount> make_keyed() {
    std::array<KeyedTranslation, kTranslationCount> keyed{};
    for (std::size_t i = 0; i < kTranslationCount; ++i) {
        keyed[i] = {key_of(kTranslations[i].word), kTranslations[i].word, kTranslations[i].state};
    }
    return keyed;
}

constexpr std::array<KeyedTranslation, kTranslationCount> kKeyed = make_keyed();

// As many ASCII letters as make sure that the rest was only damaged, not another word.
constexpr std::size_t kEnoughLetters = 3;

std::optional<TcpState> translated(std::string_view word) {
    const Key key = key_of(word);
    if (key.size == 0) {
        return std::nullopt;
    }
    for (const KeyedTranslation& known : kKeyed) {
        if (known.word == word ||
            (known.key.letters >= kEnoughLetters && known.key.text() == key.text())) {
            return known.state;
        }
    }
    return std::nullopt;
}

bool is_one_of(std::string_view word, const auto& list) {
    return std::any_of(std::begin(list), std::end(list),
                       [&](std::string_view known) { return same_ignoring_case(known, word); });
}

// Translated states are in capitals, as the English ones; so most words of prose need no search.
bool has_lower_case(std::string_view word) {
    return std::any_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

struct Spelling {
    std::string_view word;
    TcpState state;
};

// What stands in nearly every row, so that a large listing does not search longer tables.
std::optional<TcpState> frequent(std::string_view word) {
    static constexpr Spelling kFrequent[] = {
        {"ESTABLISHED", Established}, {"TIME_WAIT", TimeWait},   {"LISTEN", Listen},
        {"ESTAB", Established},       {"TIME-WAIT", TimeWait},   {"CLOSE_WAIT", CloseWait},
        {"CLOSE-WAIT", CloseWait},    {"LISTENING", Listen},     {"SYN_RECV", SynReceived},
        {"FIN_WAIT2", FinWait2},      {"FIN_WAIT1", FinWait1},   {"LAST_ACK", LastAck},
        {"FIN_WAIT_2", FinWait2},     {"FIN_WAIT_1", FinWait1},  {"SYN_SENT", SynSent},
        {"SYN-SENT", SynSent},        {"SYN-RECV", SynReceived}, {"FIN-WAIT-1", FinWait1},
        {"FIN-WAIT-2", FinWait2},     {"LAST-ACK", LastAck},     {"CLOSING", Closing},
    };
    for (const Spelling& known : kFrequent) {
        if (known.word == word) {
            return known.state;
        }
    }
    return std::nullopt;
}

constexpr std::size_t kShortest = 2;
constexpr std::size_t kLongest = 48;

// Whether `a` becomes `b` by one letter too many, too few or wrong. Digits may not change: they
// tell FIN_WAIT1 from FIN_WAIT2.
bool one_letter_apart(std::string_view a, std::string_view b) {
    if (a.size() > b.size()) {
        std::swap(a, b);
    }
    if (b.size() - a.size() > 1) {
        return false;
    }
    std::size_t same = 0;
    while (same < a.size() && a[same] == b[same]) {
        ++same;
    }
    if (same == b.size()) {
        return true;
    }
    const std::string_view rest_b = b.substr(same + 1);
    const bool matches =
        a.size() == b.size() ? a.substr(same + 1) == rest_b : a.substr(same) == rest_b;
    const bool digit = is_digit(b[same]) || (a.size() == b.size() && is_digit(a[same]));
    return matches && !digit;
}

}  // namespace

std::optional<StateWord> parse_state_word(std::string_view word) {
    if (word.size() >= 2 && word.front() == '(' && word.back() == ')') {
        word = word.substr(1, word.size() - 2);
    }
    if (word.size() < kShortest || word.size() > kLongest || is_digit(word.front())) {
        return std::nullopt;
    }
    if (const auto state = frequent(word)) {
        return StateWord{state, false};
    }
    if (is_one_of(word, kUnconnected)) {
        return StateWord{Closed, true};
    }
    if (const auto state = parse_tcp_state(word)) {
        return StateWord{state, false};
    }
    if (has_lower_case(word)) {
        return std::nullopt;
    }
    if (const auto state = translated(word)) {
        return StateWord{state, false};
    }
    if (same_ignoring_case(word, "DELETE_TCB") || same_ignoring_case(word, "DeleteTCB")) {
        return StateWord{Closed, true};
    }
    if (is_one_of(word, kUnknown)) {
        return StateWord{};
    }
    return std::nullopt;
}

std::optional<StateWord> parse_damaged_state_word(std::string_view word) {
    if (auto whole = parse_state_word(word)) {
        return whole;
    }
    constexpr std::size_t kLongEnough = 6;
    const Key key = key_of(word);
    if (key.letters < kLongEnough || key.damaged) {
        return std::nullopt;
    }
    static constexpr Spelling kSpellings[] = {
        {"ESTABLISHED", Established}, {"TIMEWAIT", TimeWait},   {"CLOSEWAIT", CloseWait},
        {"LISTENING", Listen},        {"SYNRECV", SynReceived}, {"SYNRECEIVED", SynReceived},
        {"SYNSENT", SynSent},         {"FINWAIT1", FinWait1},   {"FINWAIT2", FinWait2},
        {"LASTACK", LastAck},         {"CLOSING", Closing},     {"LISTEN", Listen},
    };
    for (const Spelling& known : kSpellings) {
        if (one_letter_apart(key.text(), known.word)) {
            return StateWord{known.state, false};
        }
    }
    return std::nullopt;
}

std::optional<StateWord> parse_cut_state_word(std::string_view word) {
    constexpr std::size_t kEnough = 5;
    const Key key = key_of(word);
    if (key.letters < kEnough || key.damaged) {
        return std::nullopt;
    }
    std::optional<StateWord> found;
    static constexpr Spelling kSpellings[] = {
        {"ESTABLISHED", Established}, {"TIMEWAIT", TimeWait},       {"CLOSEWAIT", CloseWait},
        {"LISTENING", Listen},        {"SYNRECEIVED", SynReceived}, {"SYNSENT", SynSent},
        {"FINWAIT1", FinWait1},       {"FINWAIT2", FinWait2},       {"LASTACK", LastAck},
    };
    for (const Spelling& known : kSpellings) {
        if (!known.word.starts_with(key.text())) {
            continue;
        }
        if (found) {
            return std::nullopt;  // FIN_WAIT of either
        }
        found = StateWord{known.state, false};
    }
    return found;
}

std::size_t state_prefix_length(std::string_view word) {
    std::size_t end = 0;
    while (end < word.size() && (is_letter(word[end]) || word[end] == '_' || word[end] == '-')) {
        ++end;
    }
    // FIN_WAIT1 and FIN_WAIT_2 end in a digit of their own.
    for (const std::size_t length : {end + 1, end}) {
        if (length > 4 && length < word.size() && frequent(word.substr(0, length))) {
            return length;
        }
    }
    return 0;
}

bool written_as_state(std::string_view word) {
    const auto parsed = parse_state_word(word);
    if (!parsed || !parsed->state) {
        return false;
    }
    if (word.front() == '(' && word.back() == ')') {
        word = word.substr(1, word.size() - 2);
    }
    const bool no_lower_case =
        std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    constexpr std::size_t kShortestAlone = 4;
    if (no_lower_case) {
        return word.size() >= kShortestAlone;
    }
    // PowerShell's TimeWait, and "time-wait" of some ss summaries.
    return std::any_of(word.begin() + 1, word.end(),
                       [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; }) ||
           same_ignoring_case(word, "established") || same_ignoring_case(word, "listen");
}

std::optional<TimerKind> parse_timer_word(std::string_view word) {
    struct Known {
        std::string_view word;
        TimerKind kind;
    };
    static constexpr Known kKnown[] = {
        {"off", TimerKind::None},
        {"on", TimerKind::Retransmit},
        {"keepalive", TimerKind::Keepalive},
        {"timewait", TimerKind::TimeWait},
        {"probe", TimerKind::ZeroWindow},
        {"persist", TimerKind::ZeroWindow},
        {"unkn-4", TimerKind::ZeroWindow},  // netstat before it had a word for it
        {"unknown", TimerKind::None},
        {"aus", TimerKind::None},
        {"ein", TimerKind::Retransmit},
        {"apagado", TimerKind::None},
        {"encendido", TimerKind::Retransmit},
        {"desligado", TimerKind::None},
        {"em", TimerKind::Retransmit},
        {"ligado", TimerKind::Retransmit},
        {"av", TimerKind::None},
        {"på", TimerKind::Retransmit},
        {"vyp", TimerKind::None},
        {"zapnut", TimerKind::Retransmit},
        {"zap", TimerKind::Retransmit},
        {"aturada", TimerKind::None},
        {"el", TimerKind::Retransmit},
        {"manténiu", TimerKind::Keepalive},
        {"d'espera", TimerKind::TimeWait},  // "temps d'espera"
        {"arrêt", TimerKind::None},
        {"marche", TimerKind::Retransmit},
        {"オフ", TimerKind::None},
        {"オン", TimerKind::Retransmit},
        {"キープアライブ", TimerKind::Keepalive},
        {"時間待ち", TimerKind::TimeWait},
        {"关闭", TimerKind::None},
        {"打开", TimerKind::Retransmit},
        {"开启", TimerKind::Retransmit},
        {"გამორთული", TimerKind::None},
        {"выкл", TimerKind::None},
        {"вкл", TimerKind::Retransmit},
        {"끔", TimerKind::None},
        {"켬", TimerKind::Retransmit},
    };
    for (const Known& known : kKnown) {
        if (same_ignoring_case(known.word, word)) {
            return known.kind;
        }
    }
    return std::nullopt;
}

}  // namespace tcpdx::text
