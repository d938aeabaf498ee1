#include "presentation/text/port_watch_text.h"

#include "base/i18n.h"
#include "presentation/render.h"
#include "presentation/text/probe_text.h"
#include "presentation/text/text_page.h"

namespace tcpdx {

using Outcome = diagnosis::reach::Verdict::Outcome;

std::string port_watch_text(const PortWatch& watch, const diagnosis::reach::Verdict& verdict,
                            const Screen& screen) {
    TextPage page(screen);
    const auto watched =
        std::chrono::duration_cast<std::chrono::milliseconds>(watch.ended - watch.started);
    Message head{N_("{0} was watched for {1}: nothing of it was seen at port {2}."),
                 {watch.peer, watched, Port{watch.port}}};
    Ink ink = Ink::Yellow;
    if (watch.packets && watch.packets->syns > 0) {
        switch (verdict.outcome) {
            case Outcome::Connects:
                head.text = N_("{0} was watched for {1}: it connects to port {2}.");
                ink = Ink::Green;
                break;
            case Outcome::ConnectsButBadly:
                head.text =
                    N_("{0} was watched for {1}: it connects to port {2}, but something is wrong.");
                break;
            case Outcome::DoesNotConnect:
                head.text = N_("{0} was watched for {1}: it does not connect to port {2}.");
                ink = Ink::Red;
                break;
            case Outcome::Unknown:
                head.text = N_("{0} was watched for {1}: it tried to connect to port {2}.");
                break;
        }
    } else if (!watch.connections.empty()) {
        head.text = N_("{0} was watched for {1}: it has connections to port {2}.");
        ink = Ink::Plain;
    }
    page.paragraph(inked(screen, ink, render(head)));
    write_verdict(verdict, screen, page);
    for (const Unseen& unseen : watch.unseen) {
        page.paragraph(inked(screen, Ink::Yellow,
                             render(Message{N_("Not seen: {0} {1}"),
                                            {render(unseen.what), render(unseen.remedy)}})));
    }
    return page.take();
}

}  // namespace tcpdx
