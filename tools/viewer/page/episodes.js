// tools/viewer/page/episodes.js - what is stepped through: a run of events with a title.
//
// Besides the episodes of the data, all events in their order are cut into parts of equal length,
// so that every event can be shown, also one that belongs to nothing.

const kinds = [
  { one: "Page fault", all: "Page faults", key: "fault" },
  { one: "Revocation", all: "Revocations", key: "revocation" },
  { one: "Discontinuity", all: "Discontinuities", key: "exception" },
  { one: "TLB shootdown", all: "TLB shootdowns", key: "shootdown" },
];
const runKind = kinds.length, partLength = 500;
kinds.push({ one: "Part", all: "All events", key: "part" });

// Per kind: the indices of its episodes, in the order of their numbers.
const ofKind = kinds.map(() => []);
data.episodes.forEach((episode, index) => ofKind[episode[0]].push(index));
ofKind.forEach(list => list.sort((a, b) => data.episodes[a][1] - data.episodes[b][1]));
const partCount = Math.ceil(data.count / partLength);
const countOf = kind => kind === runKind ? partCount : ofKind[kind].length;

// An episode to show: its rows hold event, step, cost, waited.
function episodeOf(kind, number) {
  const index = kind === runKind ? -1 : ofKind[kind][number - 1], rows = [];
  const episode = { kind, number, parties: [], title: "", outcome: "", rows };
  if (kind === runKind) {
    const begin = (number - 1) * partLength, end = Math.min(begin + partLength, data.count);
    for (let event = begin; event < end; ++event) {
      const row = rowOf[event], passed = event === begin ? 0 : costOf(event);
      const others = actorOf(event) === "h"; // what it interrupts was at work
      rows.push({ event, step: row < 0 ? 0 : rowStep[row],
                  cost: others ? 0 : passed, waited: others ? passed : 0 });
    }
    episode.title = `events ${grouped(begin)} to ${grouped(end - 1)} of ${grouped(data.count)}`;
  } else {
    [, , episode.parties, episode.title, episode.outcome] = data.episodes[index];
    for (let row = first[index]; row < first[index + 1]; ++row)
      rows.push({ event: rowEvent[row], step: rowStep[row], cost: rowCost[row],
                  waited: rowWaited[row] });
  }
  episode.lanes = lanesOf(episode);
  return episode;
}

// Who takes part: the environments whose episode it is, and whoever does something or is acted on.
function lanesOf({ parties, rows }) {
  const found = new Set(parties);
  for (const { event } of rows)
    for (const lane of [laneOf(event, "from"), laneOf(event, "to"), actorOf(event)]) found.add(lane);
  const others = [...found].filter(lane => typeof lane === "number").sort((a, b) => a - b);
  const kernels = several ? data.processors.map(kernelLane) : ["k"];
  return [...new Set(["h", ...kernels, ...parties, ...others, "d"])].filter(lane => found.has(lane));
}

// What passed since the event before, without what its recording took.
function costOf(event) {
  if (event === 0) return 0;
  const words = data.shapes[shapeOf[event - 1]].words;
  return Math.max(0, timeOf[event] - timeOf[event - 1] - (1 + Math.floor(words / 3)) * data.perRecord);
}

const nameOfEpisode = (kind, number) => `${kinds[kind].one} ${grouped(number)}`;

// Where an event is shown: { kind, number, row }. In an episode if there is one.
function placeOf(event) {
  const row = rowOf[event];
  if (row < 0)
    return { kind: runKind, number: Math.floor(event / partLength) + 1, row: event % partLength };
  const index = lastBefore(first, row + 1), episode = data.episodes[index];
  return { kind: episode[0], number: episode[1], row: row - first[index] };
}

// Deep links: #fault=3&step=4b is the first event of a step, #fault=3&event=12 the 12th event,
// #12 the 12th of the episode that is shown anyway. What is not there is `missing`, in a sentence.
function linkOf(episode, index) {
  const { step } = episode.rows[index], key = kinds[episode.kind].key;
  const opens = step !== 0 && episode.kind !== runKind &&
    episode.rows.findIndex(row => row.step === step) === index;
  return `#${key}=${episode.number}&` + (opens ? `step=${data.steps[step][0]}` : `event=${index + 1}`);
}
function parseLink(hash, shown) {
  const text = hash.replace(/^#/, "");
  if (/^\d+$/.test(text))
    return { kind: shown.kind, number: shown.number, event: Number(text) };
  const words = new URLSearchParams(text);
  const kind = kinds.findIndex(({ key }) => words.has(key));
  if (kind < 0) return text ? { missing: `Nothing here is linked as ${text}.` } : undefined;
  const asked = words.get(kinds[kind].key), count = countOf(kind), one = kinds[kind].one.toLowerCase();
  if (!count) return { missing: `The recording has no ${one}.` };
  const number = Math.min(Math.max(Math.round(Number(asked)) || 1, 1), count);
  return { kind, number, event: words.get("event") ?? undefined, step: words.get("step") || undefined,
           missing: String(number) === asked ? "" : `There is no ${one} ${asked}: the recording has ` +
             (count > 1 ? `1 to ${grouped(count)}` : "one") + `. This is ${one} ${grouped(number)}.` };
}
