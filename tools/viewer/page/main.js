// tools/viewer/page/main.js - the page as a whole: what is shown, and what the reader does.

const view = { episode: null, current: 0, playing: 0, address: 0, drawn: false };
const toldRows = () => guess.on ? guess.told : Infinity;

function openEpisode(kind, number, row, missing = "") {
  stop();
  view.episode = episodeOf(kind, number);
  $("missing").hidden = !missing;
  $("missing").textContent = missing;
  offerGuess(view.episode);
  view.current = Math.min(Math.max(row, 0), view.episode.rows.length - 1);
  if (guess.on) guess.told = view.current;
  guess.judged = "";
  $("slider").max = view.episode.rows.length;
  $("list-open").disabled = kind === runKind;
  $("transcript").open = false;
  showPicker(view.episode);
  redraw();
}

// Everything that depends on the episode, the width, or what may be seen.
function redraw() {
  const { episode } = view, whole = toldRows() >= episode.rows.length;
  $("title").textContent = `${nameOfEpisode(episode.kind, episode.number)} of ${grouped(countOf(episode.kind))}`;
  $("about").textContent = episode.title + (whole && episode.outcome ? ". " + episode.outcome : "");
  drawDiagram(episode, toldRows());
  drawStrip(episode, toldRows());
  if (several) drawLanes(episode, toldRows());
  if ($("transcript").open) showTranscript(episode, toldRows());
  showStep();
}

function showStep() {
  const { episode, current } = view, told = current < toldRows();
  $("slider").value = current + 1;
  $("slider").setAttribute("aria-valuetext", `event ${current + 1} of ${episode.rows.length}`);
  $("place").textContent = `${current + 1} of ${episode.rows.length}`;
  $("back").disabled = current === 0;
  $("next").disabled = current === episode.rows.length - 1;
  markDiagram(current);
  markStrip(current);
  if (several) markLanes(current);
  showNow(episode, current, told);
  showState(episode, told ? current : Math.min(current, toldRows()) - 1, !guess.on);
  showSource(told ? episode.rows[current].event : -1);
  showAsk(episode, current);
  // Not at every step of many: browsers refuse, aloud, more than a few changes of address a second.
  clearTimeout(view.address);
  view.address = setTimeout(putAddress, 200);
}
function putAddress() {
  try {
    history.replaceState(null, "", linkOf(view.episode, view.current));
  } catch { /* a page in a frame has no address to change */ }
}

function go(row, scroll = true) {
  const last = view.episode.rows.length - 1;
  // In guess mode nothing ahead of the first unknown event can be reached.
  const bound = guess.on ? Math.min(last, guess.told) : last;
  const to = Math.min(Math.max(row, 0), bound);
  if (to === view.current) return;
  view.current = to;
  showStep();
  if (scroll) scrollDiagram(to);
}
function goEpisode(by) {
  const { kind, number } = view.episode, to = number + by;
  if (to >= 1 && to <= countOf(kind)) openEpisode(kind, to, 0);
}
function goEvent(event) {
  const { kind, number, row } = placeOf(event);
  const shown = view.episode.rows.findIndex(each => each.event === event);
  if (shown >= 0) go(shown);
  else openEpisode(kind, number, row);
}
function goLink(hash) {
  const link = parseLink(hash, view.episode);
  if (!link) return false;
  let { missing } = link;
  const { kind = view.episode.kind, number = view.episode.number, event, step } = link;
  const same = kind === view.episode.kind && number === view.episode.number && view.drawn;
  const rows = same ? view.episode.rows : episodeOf(kind, number).rows;
  const row = step ? rows.findIndex(each => data.steps[each.step][0] === step) : (Number(event) || 1) - 1;
  if (step && row < 0) missing ||= `${nameOfEpisode(kind, number)} has no step ${step}. This is its first event.`;
  if (event !== undefined && !rows[event - 1])
    missing ||= `${nameOfEpisode(kind, number)} has no event ${event}: it has 1 to ${grouped(rows.length)}.`;
  if (same && !missing) go(row);
  else openEpisode(kind, number, row, missing);
  return true;
}

function stop() {
  clearInterval(view.playing);
  view.playing = 0;
  $("play").textContent = "Play";
  $("play").setAttribute("aria-pressed", "false");
}
function play() {
  if (view.playing) return stop();
  if (guess.on) return;
  if (view.current === view.episode.rows.length - 1) go(0);
  $("play").textContent = "Pause";
  $("play").setAttribute("aria-pressed", "true");
  view.playing = setInterval(() => {
    go(view.current + 1);
    if (view.current === view.episode.rows.length - 1) stop();
  }, 900);
}
// Only where there is something to guess: who gives way is a choice.
function offerGuess({ rows }) {
  const offered = rows.some(({ event }) => nameOf(event) === "victim_chosen");
  $("guess").parentElement.hidden = !offered;
  $("play").disabled = guess.on = offered && $("guess").checked;
}
function toggleGuess(on) {
  if ($("guess").parentElement.hidden) return;
  stop();
  Object.assign(guess, { on, told: view.current, judged: "" });
  $("guess").checked = on;
  $("play").disabled = on;
  redraw();
}

function listen() {
  const on = (id, what, act) => $(id).addEventListener(what, act);
  on("back", "click", () => { stop(); go(view.current - 1); });
  on("next", "click", () => { stop(); go(view.current + 1); });
  on("play", "click", play);
  on("slider", "input", () => { stop(); go(Number($("slider").value) - 1); $("slider").value = view.current + 1; });
  on("guess", "change", () => toggleGuess($("guess").checked));
  on("kind", "change", () => openEpisode(Number($("kind").value), 1, 0));
  on("number", "change", () => {
    const { kind, number } = view.episode, to = Math.round(Number($("number").value));
    if (to >= 1 && to <= countOf(kind)) openEpisode(kind, to, 0);
    else $("number").value = number;
  });
  on("episode-back", "click", () => goEpisode(-1));
  on("episode-next", "click", () => goEpisode(1));
  on("list-open", "click", () => { fillList(); $("list").showModal(); });
  on("list-filter", "input", fillList);
  on("list-order", "change", fillList);
  on("list-rows", "click", event => {
    const { number } = event.target.dataset;
    if (!number) return;
    $("list").close();
    openEpisode(view.episode.kind, Number(number), 0);
  });
  on("diagram", "click", event => {
    const row = event.target.closest(".row");
    if (row) { stop(); go(Number(row.dataset.row), false); }
  });
  on("strip", "click", event => {
    const box = $("strip").getBoundingClientRect();
    stop();
    go(rowAtStrip((event.clientX - box.left) / box.width));
  });
  on("state", "click", event => {
    const writer = event.target.dataset.event;
    if (writer) { stop(); goEvent(Number(writer)); }
  });
  on("ask", "click", event => {
    const { target } = event;
    if (!target.matches("button")) return;
    reveal(view.episode, view.current, target.dataset.lane);
    redraw();
    $("next").focus();
  });
  on("transcript", "toggle", () => { if ($("transcript").open) showTranscript(view.episode, toldRows()); });
  document.addEventListener("keydown", key);
  addEventListener("hashchange", () => goLink(location.hash));
  addEventListener("beforeprint", () => { $("transcript").open = true; showTranscript(view.episode, toldRows()); });
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) { width = innerWidth; requestAnimationFrame(redraw); }
  });
}

function key(event) {
  const { target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || $("list").open) return;
  // Fields, the slider and what scrolls sideways have keys of their own.
  if (target.matches("[type=number], [type=search], select")) return;
  if (event.key.length > 1 && target.matches("[type=range], pre")) return;
  if (event.key === " " && target.matches("button, summary, a, [type=checkbox]")) return;
  const acts = {
    ArrowRight: () => go(view.current + 1), ArrowLeft: () => go(view.current - 1),
    Home: () => go(0), End: () => go(Infinity), " ": play,
    n: () => goEpisode(1), p: () => goEpisode(-1), g: () => toggleGuess(!guess.on),
    ...(several && laneKeys),
  };
  if (!acts[event.key]) return;
  event.preventDefault();
  if (event.key !== " ") stop();
  acts[event.key]();
}

function begin() {
  const { facts, notes } = data;
  $("run").textContent = Object.entries(facts).map(([name, value]) => `${name} ${value}`).join(" · ");
  if (data.perRecord)
    $("costs").textContent = `Costs are instructions${several ? " of all processors together" : ""}; ` +
      `they exclude recording's own, ${data.perRecord} a record.`;
  $("notes").hidden = !notes.length;
  $("notes").append(...notes.map(note => element("p", {}, note)));
  if (!data.count) {
    $("title").textContent = "The recording holds no event";
    document.querySelectorAll("main > *").forEach(part => part.remove());
    return;
  }
  decodeEvents();
  decodeEpisodes();
  buildState();
  fillPicker();
  if (several) addLanes();
  listen();
  const start = data.episodes[data.open];
  view.episode = start ? { kind: start[0], number: start[1], rows: [] } : { kind: runKind, number: 1, rows: [] };
  if (!goLink(location.hash)) openEpisode(view.episode.kind, view.episode.number, 0);
  view.drawn = true;
}
begin();
