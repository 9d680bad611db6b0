// tools/viewer/page/values.js - the value that an event gave to a thing, in words.

const sections = {
  PE: environment => `Processor environment of ${laneName(environment)}`,
  free: () => "Free frames", // shown with the faults
  fault: environment => `Faults, as ${laneName(environment)} claims`,
  page: () => "Page tables",
  bits: () => "",            // shown with the page table
  frame: () => "Frames",
  request: () => "I/O requests",
  revocation: () => "Revocations",
  slot: environment => `Repossession vector of ${laneName(environment)}`,
};

function thingName(section, thing, owner) {
  const hex = typeof thing === "number" ? "0x" + thing.toString(16) : thing;
  if (section === "PE") {
    const [what, number] = thing.split(" ");
    return what === "saved" ? `save area ${number}`
      : what === "entry" ? `entry ${data.names[4][Number(number).toString(16)] || number}` : thing;
  }
  return section === "page" ? `page ${hex}, table ${owner}` : section === "bits" ? `bits from ${hex}`
    : section === "free" ? "free frames"
    : section === "slot" && thing === 4294967295 ? "no slot" : `${section} ${thing}`;
}

const show = {
  frame(event) {
    const t = name => textOf(event, name);
    switch (nameOf(event)) {
    case "frame_bound": return "bound, zeroed";
    case "frame_released": return "free";
    case "page_table_bound": return `page table, level ${t("level")}`;
    case "translation_installed": return `holds page ${t("page")}`;
    case "translation_removed": return `no longer mapped as ${t("page")}`;
    case "binding_taken": return "taken by force";
    case "guaranteed": return "guaranteed";
    case "state_saving": return `is saved to block ${t("block")}`;
    case "state_saved": return `saved, error ${t("error")}`;
    case "io_submitted":
      return t("operation") === "read" ? `the disk reads block ${t("block")} into it`
        : `the disk writes it to block ${t("block")}`;
    default: {
      const submitted = submissionOf(valueOf(event, "request"), event);
      if (submitted === undefined) return "transfer done";
      const block = textOf(submitted, "block");
      return textOf(submitted, "operation") === "read" ? `filled from block ${block}`
        : `written to block ${block}`;
    }
    }
  },
  page(event, thing, environment) {
    switch (nameOf(event)) {
    case "translation_installed":
      return `→ frame ${textOf(event, "frame")}, ${textOf(event, "access")}`;
    case "translation_removed": return "not present";
    case "frame_released": return "gone with its table";
    default: {
      let before = event;
      while (before !== undefined && nameOf(before) === "translation_changed")
        before = writerOf("page", environment, thing, before - 1);
      const frame = before === undefined || nameOf(before) !== "translation_installed" ? "frame ?"
        : `frame ${textOf(before, "frame")}`;
      return `→ ${frame}, ${textOf(event, "access")}`;
    }
    }
  },
  bits: event => `${textOf(event, "cleared")} ${textOf(event, "which")} bits cleared`,
  request(event) {
    const t = name => textOf(event, name);
    switch (nameOf(event)) {
    case "io_submitted": return `${t("operation")} of block ${t("block")} under way`;
    case "state_saving": return `saving frame ${t("frame")} to block ${t("block")}`;
    case "io_completed":
    case "state_saved": return t("error") === "none" ? "done" : `failed: ${t("error")}`;
    default: return "taken by the libOS";
    }
  },
  fault(event) {
    const t = name => textOf(event, name);
    switch (nameOf(event)) {
    case "fault_seen": return `thread ${t("thread")} needs page ${t("page")}`;
    case "victim_chosen": return `page ${t("victim_page")} gives way`;
    case "frame_taken": return `takes frame ${t("frame")}`;
    case "write_back_submitted": return `writes page ${t("page")} back`;
    case "read_submitted": return `waits for block ${t("block")}`;
    case "mapped": return "asks for its translation";
    case "fault_abandoned": return `given up: ${t("error")}`;
    default: return `resumed, thread ${t("thread")}`;
    }
  },
  revocation(event) {
    const t = name => textOf(event, name);
    switch (nameOf(event)) {
    case "revocation_requested": return `${t("count")} wanted back`;
    case "revocation_expired": return "the deadline has passed";
    case "binding_taken": return "bindings are broken";
    default: return `${t("given")} given, ${t("taken")} taken, ${t("missing")} missing`;
    }
  },
  slot: event => `frame ${textOf(event, "frame")}: ${textOf(event, "state")}`,
  free: event => textOf(event, "free_frames"),
  PE(event, thing) {
    const t = name => textOf(event, name);
    if (thing === "pending") return t("pending");
    if (thing.startsWith("entry")) return t("address");
    if (thing.startsWith("saved"))
      return nameOf(event) === "upcall" ? `what ran when ${t("entry")} came`
        : `rip ${t("rip")}, rsp ${t("rsp")}`;
    switch (nameOf(event)) {
    case "handler_entered": return `the handler of ${t("entry")}`;
    case "thread_switched": return `thread ${t("to")}`;
    case "exception_resumed":
    case "thread_resumed": return `thread ${t("thread")}`;
    case "environment_started": return "the program, from its start";
    case "environment_ended": return "nothing: it has ended";
    default: return `nothing: stopped at ${t("rip")}`;
    }
  },
};
