// tools/viewer/page/guess.js - "Guess first": the reader says who acts next, and which page gives
// way, then sees it.
//
// What is not revealed is not in the document: labels, sentence, state, source and the colours of
// the strip come into being with the reveal. `told` counts the rows that may be seen.

const guess = { on: false, told: 0, right: 0, asked: 0, judged: "" };

const questions = {
  upcall: "The exokernel knows of a page fault. What does it do?",
  victim_chosen: "A frame is needed. Who decides what happens, and which page gives way?",
  translation_removed: "The libOS has asked for a page to be taken away. Who changes the page table?",
  io_submitted: "A transfer is wanted. Who checks it and starts the device?",
  translation_installed: "The page is in its frame. Who writes the translation?",
  thread_resumed: "Everything is in place. Who brings the thread back to its instruction?",
};

function showAsk(episode, current) {
  const box = $("ask"), waiting = guess.on && current >= guess.told;
  box.hidden = !guess.on;
  if (!guess.on) return;
  const score = element("p", { class: "quiet", id: "score" },
    guess.asked ? `${guess.right} of ${guess.asked} right` : "");
  if (!waiting) {
    box.replaceChildren(element("p", { id: "judged", role: "status" }, guess.judged || "Revealed."), score);
    return;
  }
  const name = nameOf(episode.rows[current].event), answers = element("div", { class: "bar" });
  const environments = episode.lanes.filter(lane => typeof lane === "number");
  for (const lane of ["h", "k", ...environments, "d"]) // the lanes would tell whether the disk takes part
    answers.append(element("button", { class: `answer ${laneClass(lane)}`, "data-lane": lane }, laneName(lane)));
  answers.append(element("button", { id: "reveal" }, "Reveal"));
  const victim = name === "victim_chosen"
    ? [element("label", {}, "The page: ", element("input", { id: "victim", type: "search", placeholder: "0x..." }))] : [];
  box.replaceChildren(element("h2", {}, "Your guess"),
    element("p", {}, questions[name] || "Who acts next?"), ...victim, answers, score);
}

// What the reader has entered as the victim, against the page that it is.
function judgeVictim(event) {
  const plain = text => text.trim().toLowerCase().replace(/^0x/, ""), field = $("victim");
  if (!field || !field.value) return "";
  const is = textOf(event, "victim_page"), right = plain(field.value) === plain(is);
  ++guess.asked;
  guess.right += right;
  return ` ${right ? "And the" : "The"} page is ${is}.`;
}

// `lane` is the answer, undefined if the reader gave none.
function reveal(episode, current, lane) {
  const actor = actorOf(episode.rows[current].event), name = laneName(actor);
  const page = judgeVictim(episode.rows[current].event); // before the field goes
  guess.told = current + 1;
  const right = String(actor) === lane;
  if (lane !== undefined) {
    ++guess.asked;
    guess.right += right;
  }
  guess.judged = (lane === undefined ? "It is the " : right ? "Right: " : "No: it is ") +
    (lane === undefined ? name.replace(/^hardware.*/, "hardware") : name) + "." + page;
}
