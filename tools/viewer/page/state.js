// tools/viewer/page/state.js - what holds after an event: who last wrote which value.
//
// For each thing of the machine there is the list of the events that wrote it, so the state after
// any event is found without replaying those before. Values follow from the events alone.

// Section -> owner -> thing -> events, ascending. The owner is an environment, for pages the frame of
// the page table (others than the environment that has it may write it), 0 for the machine.
const logs = new Map();
const cleared = [];     // ranges whose bits were cleared, or whose access changed
const inFlight = { at: [], value: [] };

function write(section, environment, thing, event) {
  let things = logs.get(section);
  if (!things) logs.set(section, things = new Map());
  let log = things.get(environment);
  if (!log) things.set(environment, log = new Map());
  const events = log.get(thing);
  if (events) events.push(event);
  else log.set(thing, [event]);
}

// Section, field that names the owner ("" the event's environment, null the machine), thing.
const writes = {
  frame_bound: [["frame", null, "frame"]],
  frame_released: [["frame", null, "frame"]],
  page_table_bound: [["frame", null, "frame"]],
  translation_installed: [["page", "table", "page"], ["frame", null, "frame"]],
  translation_removed: [["page", "table", "page"], ["frame", null, "frame"]],
  translation_changed: [["page", "table", "page"]],
  bits_cleared: [["bits", "table", "page"]],
  io_submitted: [["request", null, "request"], ["frame", null, "frame"]],
  io_completed: [["request", null, "request"], ["frame", null, "frame"]],
  revocation_requested: [["revocation", null, "number"]],
  revocation_expired: [["revocation", null, "number"]],
  revocation_ended: [["revocation", null, "number"]],
  binding_taken: [["frame", null, "frame"], ["revocation", null, "number"]],
  state_saving: [["request", null, "request"], ["frame", null, "frame"]],
  state_saved: [["request", null, "request"], ["frame", null, "frame"]],
  repossessed: [["slot", "receiver", "slot"]],
  guaranteed: [["frame", null, "frame"]],
  page_fault: [["PE", "", "runs"], ["PE", "", "saved", "save_area"]],
  exception: [["PE", "", "runs"], ["PE", "", "saved", "save_area"]],
  entry_set: [["PE", "environment", "entry", "entry"]],
  upcall: [["PE", "", "pending"]],
  handler_entered: [["PE", "", "runs"]],
  thread_switched: [["PE", "", "runs"]],
  thread_resumed: [["PE", "", "runs"], ["fault", "", "sequence"]],
  exception_resumed: [["PE", "", "runs"]],
  environment_started: [["PE", "environment", "runs"]],
  environment_ended: [["PE", "environment", "runs"]],
  fault_seen: [["fault", "", "sequence"]],
  victim_chosen: [["fault", "", "sequence"], ["free", "", "frames"]],
  frame_taken: [["fault", "", "sequence"], ["free", "", "frames"]],
  read_submitted: [["fault", "", "sequence"]],
  write_back_submitted: [["fault", "", "sequence"]],
  mapped: [["fault", "", "sequence"]],
  fault_abandoned: [["fault", "", "sequence"]],
};

// What an event only reads: the entry through which the exokernel enters the libOS.
const reads = { upcall: [["PE", "", "entry", "entry"]] };

function thingsOf(event, table = writes) {
  const found = [];
  for (const [section, owner, thing, suffix] of table[nameOf(event)] || []) {
    const environment =
      owner === null ? 0 : owner === "" ? environmentOf[event] : valueOf(event, owner);
    const value = valueOf(event, thing);
    const name = suffix ? `${thing} ${valueOf(event, suffix)}`
      : section === "PE" || section === "free" || value === undefined ? thing : value;
    if (section !== "fault" || name !== 0) found.push([section, environment, name]);
  }
  if (table === writes && several) found.push(...processorThings(event));
  if (table === writes && nameOf(event) === "completion_seen" && requestOf(event) !== undefined)
    found.push(["request", 0, requestOf(event)]);
  // What a fault or an exception saved is told by that event, before its upcall.
  if (table === writes && nameOf(event) === "upcall" && !/^(page_fault|exception)$/.test(textOf(event, "entry")))
    found.push(["PE", environmentOf[event], `saved ${valueOf(event, "save_area")}`]);
  return found;
}

// Requests by owner and cookie, so that a completion that a libOS takes finds its request.
const completions = new Map();
const cookieKey = (environment, word) => `${environment} ${hexadecimal(word)}`;
function requestOf(event) {
  const word = wordOf(event, "cookie");
  const list = word < 0 ? undefined : completions.get(cookieKey(environmentOf[event], word));
  const at = list ? lastBefore(list, event + 1) : -1;
  return at < 0 ? undefined : valueOf(list[at], "request");
}

function buildState() {
  let flying = 0;
  for (let event = 0; event < data.count; ++event) {
    const name = nameOf(event);
    if (name === "io_completed") {
      const key = cookieKey(valueOf(event, "owner"), wordOf(event, "cookie"));
      const list = completions.get(key);
      if (list) list.push(event);
      else completions.set(key, [event]);
    }
    const begins = name === "io_submitted" || name === "state_saving";
    if (begins || name === "io_completed" || name === "state_saved") {
      flying = Math.max(0, flying + (begins ? 1 : -1));
      inFlight.at.push(event);
      inFlight.value.push(flying);
    }
    if (name === "translation_changed") cleared.push(event);
    if (several) noteProcessor(event, name);
    for (const [section, environment, thing] of thingsOf(event))
      write(section, environment, thing, event);
  }
}

// The index of the last of the ascending `events` that is before `bound`; -1 if none is.
function lastBefore(events, bound) {
  let begin = 0, end = events.length;
  while (begin < end) {
    const middle = begin + end >> 1;
    if (events[middle] < bound) begin = middle + 1;
    else end = middle;
  }
  return begin - 1;
}

const logOf = (section, environment, thing) => logs.get(section)?.get(environment)?.get(thing) || [];

// The last event up to `event` that wrote the thing; undefined if none did.
function writerOf(section, environment, thing, event) {
  const log = logOf(section, environment, thing);
  let writer = log[lastBefore(log, event + 1)];
  if (section !== "page") return writer;
  // A change of access covers pages beyond the first, which the log does not know of.
  for (let i = lastBefore(cleared, event + 1); i >= 0 && !(cleared[i] <= writer); --i) {
    const range = cleared[i], page = valueOf(range, "page");
    if (valueOf(range, "table") === environment && page <= thing && thing < page + valueOf(range, "count"))
      writer = range;
  }
  const released = logOf("frame", 0, environment)
    .findLast(each => each <= event && nameOf(each) === "frame_released");
  return released > writer ? released : writer;
}

function submissionOf(request, event) {
  const log = logOf("request", 0, request);
  for (let i = lastBefore(log, event + 1); i >= 0; --i)
    if (nameOf(log[i]) === "io_submitted") return log[i];
  return undefined;
}
