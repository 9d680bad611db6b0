// tools/viewer/page/words.js - an event in words, as tools/viewer/words.cpp puts it.

for (const shape of data.shapes) {
  shape.position = {};
  shape.fields.forEach(([name], index) => shape.position[name] = index);
}
const shapeAt = event => data.shapes[shapeOf[event]];
const nameOf = event => shapeAt(event).name;

function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}
const plural = (count, word) => `${grouped(count)} ${word}${count === 1 ? "" : "s"}`;

// The index of a field's value; -1 if the event has none of that name.
function wordOf(event, name) {
  const shape = shapeAt(event), index = shape.position[name];
  return index === undefined || index >= shape.words ? -1 : wordsAt[event] + index;
}
// As a number, exact up to 2^53.
function valueOf(event, name) {
  const word = wordOf(event, name);
  return word < 0 ? undefined : high[word] * 4294967296 + low[word];
}
function hexadecimal(word) {
  return high[word] ? high[word].toString(16) + low[word].toString(16).padStart(8, "0")
                    : low[word].toString(16);
}
function textAt(word, shown) {
  const name = data.names[shown][hexadecimal(word)];
  if (name !== undefined) return name;
  return shown === 1 || high[word] ? "0x" + hexadecimal(word) : String(low[word]);
}
function textOf(event, name) {
  const word = wordOf(event, name);
  return word < 0 ? `{${name}}` : textAt(word, shapeAt(event).fields[word - wordsAt[event]][1]);
}
const filled = (text, event) => text.replace(/\{(\w+)\}/g, (all, name) => textOf(event, name));

function sentenceOf(event) {
  const shape = shapeAt(event);
  if (shape.name === "completion_seen") {
    const request = requestOf(event);
    if (request !== undefined)
      return `The libOS takes the completion of request ${grouped(request).replace(/,/g, "")} from its ring.`;
  }
  const text = filled(shape.sentence, event);
  return text[0].toUpperCase() + text.slice(1) + ".";
}
const labelOf = event => filled(shapeAt(event).label, event);
const fieldsOf = event => {
  const shape = shapeAt(event);
  return shape.fields.slice(0, shape.words)
    .filter(([name]) => !name.startsWith("reserved"))
    .map(([name]) => [name, textOf(event, name)]);
};

// Lanes are named by letters and, for environments, by their numbers. Among several processors the
// exokernel has a lane on each: k0, k1 ... A head has room for a short name.
const named = new Map(data.environments.map(([environment, ...names]) => [environment, names]));
const laneName = lane =>
  lane === "h" ? "hardware" : lane === "k" ? "exokernel" : lane === "d" ? "disk"
  : laneClass(lane) === "k" ? `exokernel on processor ${lane.slice(1)}`
  : lane === 0 ? "nobody" : named.get(lane)?.[0] || `environment ${lane}`;
const laneHead = lane => typeof lane === "number" ? named.get(lane)?.[1] || `env ${lane}`
  : lane.length > 1 ? `processor ${lane.slice(1)}` : laneName(lane);
const laneClass = lane => typeof lane === "number" ? "l" : lane[0];
const kernelLane = processor => several ? `k${processor}` : "k";
function laneOf(event, which) {
  const shape = shapeAt(event), letter = shape[which], own = kernelLane(processorOf[event]);
  if (letter === "l") return environmentOf[event] || own;
  if (letter === "p") return valueOf(event, shape.party) || own;
  if (letter === "o" && several)
    return kernelLane(valueOf(event, shape.party) ?? askerOf.get(event) ?? processorOf[event]);
  return letter === "d" || letter === "h" ? letter : own;
}
// Who recorded it, or caused it: the lane that its cost counts for.
function actorOf(event) {
  const shape = shapeAt(event);
  return shape.claim ? environmentOf[event]
    : shape.actor === "hardware" ? "h" : shape.actor === "disk" ? "d" : kernelLane(processorOf[event]);
}
