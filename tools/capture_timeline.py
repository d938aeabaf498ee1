"""Whether a timeline that `tcpdx capture --json` tells can be the one that the kernel went through."""

import collections
import re

# The kernel's times are those of the ends, the capture's are up to a path's delay away from one of
# them; the recorded paths have 30 to 150 ms each way, with jitter.
TOLERANCE = 0.12
SAMPLED = re.compile(r" \(sampled.*\)")


def clean(name):
    return SAMPLED.sub("", name)


OPENING = ("SYN-SENT", "SYN-RECEIVED")


def contradiction(truth, spans, heard):
    """None when the kernel's states pass through the spans in order, else what contradicts.

    A walk over (kernel's state, span): both go on in time, and where they meet the state has to be
    possible in the span. `heard` is when the last packet of this end was captured: the last state of
    a connection whose end is not in the capture is told as of then."""
    spans = [pair for pair in spans if not set(pair[0]["possible"]) <= {"LISTEN"}]
    truth = [(when, clean(name), "sampled" in name) for when, name in truth]
    if not spans or not truth:
        return None
    first = min(float(connection["first"]) for _, connection in spans)
    last = max(float(connection["last"]) for _, connection in spans)
    if "ends-mid-way" in spans[-1][1]["limits"]:
        last = min(last, heard)

    def ends(i):
        return truth[i + 1][0] if i + 1 < len(truth) else float("inf")

    def bounds(j):
        span = spans[j][0]
        since = float(span["since"])
        low = float(span.get("earliest", "-inf"))
        # No bound: the capture says itself that it does not know.
        high = float(span.get("latest", "inf" if span["assumed"] or "state" not in span else since))
        return min(low, since) - TOLERANCE, max(high, since) + TOLERANCE

    def fits(i, j):
        return truth[i][1] in spans[j][0]["possible"]

    reached = {(i, 0) for i in range(len(truth)) if fits(i, 0) and
               (i == 0 or truth[i][0] <= first + TOLERANCE or "state" in spans[0][0])
               and (spans[0][0]["cause"] == "start" or i == 0 or truth[i - 1][1] == "CLOSED" or truth[i][0] <= first + TOLERANCE)}
    # Where the first span has a time of its own.
    if spans[0][0]["cause"] != "start":
        low, high = bounds(0)
        reached = {(i, 0) for i, _ in reached if ends(i) >= low and
                   (truth[i][0] <= high or "state" not in spans[0][0]) or truth[i][2]}
    queue, furthest = collections.deque(reached), max(reached, default=None, key=lambda at: at[1])
    while queue:
        i, j = queue.popleft()
        furthest = max(furthest, (i, j), key=lambda at: (at[1], at[0]))
        steps = []
        if i + 1 < len(truth):
            when, _, sampled = truth[i + 1]
            steps.append((i + 1, j) if bounds(j)[0] <= when or sampled else None)
            if j + 1 < len(spans):
                low, high = bounds(j + 1)
                steps.append((i + 1, j + 1) if low <= when <= high or sampled else None)
        if j + 1 < len(spans):
            low, high = bounds(j + 1)
            steps.append((i, j + 1) if max(low, truth[i][0]) <= min(high, ends(i)) + TOLERANCE else None)
            if spans[j][1] is not spans[j + 1][1]:
                # Of the connections in between no packet was captured.
                begins = spans[j + 1][0]["cause"] == "start"
                steps += [(k, j + 1) for k in range(i + 1, len(truth)) if (begins or truth[k][1] in OPENING) and
                          (low <= truth[k][0] <= high or begins or "state" not in spans[j + 1][0])]
        for step in steps:
            if step and step not in reached and fits(*step):
                reached.add(step)
                queue.append(step)
    if any(j == len(spans) - 1 and ends(i) >= last - TOLERANCE for i, j in reached):
        return None
    if furthest is None:
        return "starts as " + "|".join(spans[0][0]["possible"])
    i, j = furthest
    following = truth[i + 1][1] if i + 1 < len(truth) else "nothing"
    if j + 1 < len(spans):
        return f"in {truth[i][1]} has {'|'.join(spans[j + 1][0]['possible'])} where {following} follows"
    return f"stays {truth[i][1]} where {following} follows"
