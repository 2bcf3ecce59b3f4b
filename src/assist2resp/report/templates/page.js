"use strict";
(() => {
  const ROW = 66, SPARE = 8, ROOM_OF_DIFFERENCES = 1500;
  const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/g;
  const STATES = {failed: "no answer", worse: "worse", differs: "scatter", known: "accepted", same: "same"};
  const SORTS = {
    worst: ["worst first", (a, b) => b.severity - a.severity || a.number - b.number],
    file: ["as recorded", (a, b) => a.number - b.number],
    question: ["question", (a, b) => a.question.localeCompare(b.question) || a.number - b.number],
    cost: ["dearest new answers", (a, b) => amount(b, "cost") - amount(a, "cost") || a.number - b.number],
    latency: ["slowest new answers", (a, b) => amount(b, "latency") - amount(a, "latency") || a.number - b.number],
  };
  const byId = (id) => document.getElementById(id);

  /* Building of elements: text only ever becomes a text node. */
  const visible = (text) => String(text).replace(/\r\n/g, "\n")
    .replace(UNSEEN, (sign) => "\\u" + sign.charCodeAt(0).toString(16).padStart(4, "0"));
  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name === "on") Object.entries(value).forEach(([event, act]) => element.addEventListener(event, act));
      else element.setAttribute(name, value);
    }
    children.flat().forEach((child) => {
      if (child !== null && child !== undefined) element.append(child instanceof Node ? child : visible(child));
    });
    return element;
  }

  /* The theme: of the system until somebody chooses. */
  function remember(name, value) {
    try { return value === undefined ? localStorage.getItem(name) : localStorage.setItem(name, value); } catch { return null; }
  }
  function useTheme(theme) {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    byId("theme").textContent = "Theme: " + theme;
    byId("theme").dataset.now = theme;
  }
  const THEMES = ["system", "light", "dark"];
  byId("theme").hidden = false;
  useTheme(THEMES.includes(remember("assist2resp-theme")) ? remember("assist2resp-theme") : "system");
  byId("theme").addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(byId("theme").dataset.now) + 1) % THEMES.length];
    remember("assist2resp-theme", next);
    useTheme(next);
  });

  if (!byId("browser")) return;

  /* The cases: gzip in base64, a line of JSON each. */
  async function unpacked() {
    const coded = byId("cases").textContent;
    const bytes = [];
    for (let at = 0; at < coded.length; at += 1 << 22) {
      bytes.push(Uint8Array.from(atob(coded.slice(at, at + (1 << 22))), (sign) => sign.charCodeAt(0)));
    }
    const stream = new Blob(bytes).stream().pipeThrough(new DecompressionStream("gzip"));
    return (await new Response(stream).text()).split("\n");
  }
  const amount = (entry, name) => entry.case.new && entry.case.new[0] && entry.case.new[0][name] || 0;
  const entries = [];
  let about = {runs: [], metrics: {}};
  let found = [], chosen = null, answer = 0;

  function read(lines) {
    about = JSON.parse(lines[0]);
    for (let number = 1; number < lines.length; number += 1) {
      if (!lines[number]) continue;
      const entry = JSON.parse(lines[number]);
      entry.number = number;
      entry.question = entry.case.question || "";
      entry.key = about.runs.length > 1 ? about.runs[entry.run] + ":" + entry.case.id : entry.case.id;
      entries.push(entry);
    }
  }
  function haystack(entry) {
    if (entry.haystack === undefined) {
      const said = (one) => [one.text, one.refusal, one.error, one.model, ...(one.tool_calls || []).flatMap((call) => [call.name, call.arguments, call.output])];
      const notes = Object.values(entry.case.scores || {}).map((score) => score.note);
      const texts = [entry.key, entry.question, entry.case.known, ...said(entry.case.old), ...(entry.case.new || []).flatMap(said), ...notes];
      entry.haystack = texts.filter(Boolean).join("\n").toLowerCase();
    }
    return entry.haystack;
  }

  /* What is shown: the filters, which the address keeps. */
  const filters = {search: "", state: "", metric: "", group: "", sort: "worst"};
  const title = (metric) => (about.metrics[metric] || {title: metric}).title;
  function options(select, rows) {
    select.replaceChildren(...rows.map(([value, text]) => make("option", {value}, text)));
  }
  function countBy(list) {
    const counts = new Map();
    list.forEach((name) => counts.set(name, (counts.get(name) || 0) + 1));
    return counts;
  }
  function fillFilters() {
    const states = countBy(entries.map((entry) => entry.state));
    options(byId("state"), [["", `any (${entries.length.toLocaleString("en")})`],
      ...Object.keys(STATES).filter((state) => states.has(state)).map((state) => [state, `${STATES[state]} (${states.get(state).toLocaleString("en")})`])]);
    const metrics = countBy(entries.flatMap((entry) => entry.worse));
    options(byId("metric"), [["", "any metric"], ...[...metrics].map(([metric, count]) => [metric, `${title(metric)} (${count.toLocaleString("en")})`])]);
    const groups = countBy(entries.flatMap((entry) => Object.entries(entry.case.groups || {}).map(([field, value]) => `${field}=${value}`)));
    const runs = about.runs.length > 1 ? about.runs.map((run) => [`run=${run}`, `run=${run}`]) : [];
    options(byId("group"), [["", "any group"], ...runs, ...[...groups].sort().map(([group, count]) => [group, `${group} (${count.toLocaleString("en")})`])]);
    options(byId("sort"), Object.entries(SORTS).map(([name, [text]]) => [name, text]));
  }
  function isIn(entry, group) {
    const cut = group.indexOf("="), field = group.slice(0, cut), value = group.slice(cut + 1);
    return (entry.case.groups || {})[field] === value || (field === "run" && about.runs[entry.run] === value);
  }
  function select() {
    const words = filters.search.toLowerCase().split(/\s+/).filter(Boolean);
    found = entries.filter((entry) => (!filters.state || entry.state === filters.state)
      && (!filters.metric || entry.worse.includes(filters.metric))
      && (!filters.group || isIn(entry, filters.group))
      && words.every((word) => haystack(entry).includes(word)));
    found.sort((SORTS[filters.sort] || SORTS.worst)[1]);
    byId("shown").textContent = found.length === 1 ? "1 case" : found.length.toLocaleString("en") + " cases";
    byId("list").scrollTop = 0;
    drawn = "";
    draw();
  }

  /* The list: only what is in sight exists. */
  let drawn = "";
  function rowOf(entry, place) {
    const by = entry.state === "known" ? entry.case.known : entry.worse.map(title).join(", ");
    const row = make("div", {class: "row", role: "option", id: "row-" + place, "aria-selected": String(entry === chosen),
      "aria-setsize": String(found.length), "aria-posinset": String(place + 1), on: {click: () => choose(entry, true)}},
    make("div", {class: "line"}, make("span", {class: "chip " + entry.state}, STATES[entry.state]),
      make("span", {class: "by"}, by), make("span", {class: "id"}, entry.key)),
    make("div", {class: "question"}, entry.question.slice(0, 300)));
    row.style.top = place * ROW + "px";
    return row;
  }
  function draw() {
    const list = byId("list"), rows = byId("rows");
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - SPARE);
    const last = Math.min(found.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + SPARE);
    const wanted = `${first}-${last}`;
    if (wanted === drawn) return;
    drawn = wanted;
    rows.style.height = Math.max(found.length * ROW, 1) + "px";
    const none = make("div", {class: "row", role: "option", "aria-selected": "false"}, "No case is like this.");
    rows.replaceChildren(...(found.length ? found.slice(first, last).map((entry, place) => rowOf(entry, first + place)) : [none]));
    mark();
  }
  function mark() {
    const place = found.indexOf(chosen);
    for (const row of byId("rows").children) row.setAttribute("aria-selected", String(row.id === "row-" + place));
    if (place >= 0 && byId("row-" + place)) byId("list").setAttribute("aria-activedescendant", "row-" + place);
    else byId("list").removeAttribute("aria-activedescendant");
  }
  function reveal(place) {
    const list = byId("list"), top = place * ROW;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
    draw();
  }

  /* Differences: Myers' algorithm, given up where there are too many. */
  function matches(before, after) {
    let start = 0, end = 0;
    while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
    while (end < before.length - start && end < after.length - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
    const pairs = Array.from({length: start}, (_, at) => [at, at]);
    const inner = shortest(before.slice(start, before.length - end), after.slice(start, after.length - end));
    pairs.push(...inner.map(([a, b]) => [a + start, b + start]));
    for (let at = end; at > 0; at -= 1) pairs.push([before.length - at, after.length - at]);
    return pairs;
  }
  function shortest(a, b) {
    const most = Math.min(a.length + b.length, ROOM_OF_DIFFERENCES), far = new Int32Array(2 * most + 3), traces = [];
    for (let d = 0; d <= most; d += 1) {
      traces.push(far.slice(most + 1 - d - 1, most + 1 + d + 2));
      for (let k = -d; k <= d; k += 2) {
        const down = k === -d || (k !== d && far[most + k] < far[most + k + 2]);
        let x = down ? far[most + k + 2] : far[most + k] + 1;
        while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
        far[most + 1 + k] = x;
        if (x >= a.length && x - k >= b.length) return walked(traces, d, a.length, b.length);
      }
    }
    return [];
  }
  function walked(traces, depth, x, y) {
    const pairs = [];
    for (let d = depth; d > 0; d -= 1) {
      const far = traces[d], at = (k) => far[k + d + 1], k = x - y;
      const before = k === -d || (k !== d && at(k - 1) < at(k + 1)) ? k + 1 : k - 1;
      const px = at(before), py = px - before;
      while (x > px && y > py) { x -= 1; y -= 1; pairs.push([x, y]); }
      x = px; y = py;
    }
    while (x > 0 && y > 0) { x -= 1; y -= 1; pairs.push([x, y]); }
    return pairs.reverse();
  }
  function sides(before, after, old, fresh) {
    return make("div", {class: "sides"},
      make("div", {}, make("p", {class: "side-title"}, old), before),
      make("div", {}, make("p", {class: "side-title"}, fresh), after));
  }
  function marked(tokens, kept, tag) {
    const parts = [];
    let at = 0;
    while (at < tokens.length) {
      let end = at;
      while (end < tokens.length && kept.has(end) === kept.has(at)) end += 1;
      const text = tokens.slice(at, end).join("");
      parts.push(kept.has(at) ? text : make(tag, {}, text));
      at = end;
    }
    return parts;
  }
  const WORDS = /\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;
  function words(before, after) {
    const a = before.match(WORDS) || [], b = after.match(WORDS) || [];
    const pairs = matches(a, b), kept = [0, 1].map((side) => new Set(pairs.map((pair) => pair[side])));
    const alone = (pair) => !a[pair[0]].trim() && kept.every((set, side) => !set.has(pair[side] - 1) && !set.has(pair[side] + 1));
    const joined = pairs.filter((pair) => !alone(pair)); /* a space between two changed words is changed with them */
    return [make("p", {class: "said"}, marked(a, new Set(joined.map((pair) => pair[0])), "del")),
      make("p", {class: "said"}, marked(b, new Set(joined.map((pair) => pair[1])), "ins"))];
  }
  function lines(before, after) {
    const a = before ? before.split("\n") : [], b = after ? after.split("\n") : [], left = [], right = [];
    let x = 0, y = 0;
    for (const [p, q] of [...matches(a, b), [a.length, b.length]]) {
      while (x < p || y < q) {
        left.push(make("span", {class: x < p ? "gone" : ""}, x < p ? a[x] : ""));
        right.push(make("span", {class: y < q ? "come" : ""}, y < q ? b[y] : ""));
        x += x < p; y += y < q;
      }
      if (p < a.length) { left.push(make("span", {}, a[p])); right.push(make("span", {}, b[q])); x += 1; y += 1; }
    }
    return [make("div", {class: "said json"}, left), make("div", {class: "said json"}, right)];
  }
  function pretty(text) {
    try {
      const value = JSON.parse(text);
      return value !== null && typeof value === "object" ? JSON.stringify(value, null, 2) : null;
    } catch { return null; }
  }
  function calls(one) {
    return (one.tool_calls || []).map((call) => `${call.name}(${pretty(call.arguments) || call.arguments})`
      + (call.output === undefined || call.output === null ? "" : `\n→ ${pretty(call.output) || call.output}`)).join("\n\n");
  }
  const cited = (one) => (one.citations || []).map((citation) => citation.file + (citation.index === undefined || citation.index === null ? "" : ` at ${citation.index}`)).join("\n");

  /* One case. */
  const figures = new Intl.NumberFormat("en", {maximumSignificantDigits: 3});
  function quantity(value, unit) {
    if (value === undefined || value === null) return "–";
    if (unit === "share") return figures.format(100 * value) + " %";
    return unit === "USD" ? "$" + figures.format(value) : figures.format(value) + (unit === "seconds" ? " s" : unit ? " " + unit : "");
  }
  function texts(old, fresh) {
    const a = pretty(old.text || ""), b = pretty(fresh.text || "");
    return a !== null && b !== null ? lines(a, b) : words(old.text || "", fresh.text || "");
  }
  function fate(one) {
    const parts = [];
    if (one.error) parts.push(["No answer", one.error]);
    if (one.refusal) parts.push(["Refusal", one.refusal]);
    if (one.status && one.status !== "completed") parts.push(["Status", one.status]);
    return parts.map(([name, text]) => make("p", {class: "note"}, make("b", {}, name + ": "), text));
  }
  function took(old, fresh) {
    const rows = [
      ["model", old.model || "–", fresh.model || "–"],
      ["input tokens", old.usage && quantity(old.usage.input || 0, ""), fresh.usage && quantity(fresh.usage.input || 0, "")],
      ["output tokens", old.usage && quantity(old.usage.output || 0, ""), fresh.usage && quantity(fresh.usage.output || 0, "")],
      ["cost", quantity(old.cost, "USD"), quantity(fresh.cost, "USD")],
      ["latency", quantity(old.latency, "seconds"), quantity(fresh.latency, "seconds")],
    ];
    return table("Took", ["", "old", "new"], rows.map(([name, a, b]) => [[name], [a || "–", "number"], [b || "–", "number"]]));
  }
  function table(name, head, rows) {
    return make("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": name}, make("table", {}, make("thead", {}, make("tr", {}, head.map((text) => text ? make("th", {scope: "col"}, text) : make("td", {})))),
      make("tbody", {}, rows.map((cells) => make("tr", {}, cells.map(([text, kind], place) => place ? make("td", {class: kind || ""}, text) : make("th", {scope: "row"}, text)))))));
  }
  function scores(entry) {
    const rows = Object.entries(entry.case.scores || {}).filter(([, score]) => score.new !== undefined && score.new !== null);
    return table("Measured", ["metric", "old", "new", "noise", "what differs"], rows.map(([name, score]) => {
      const unit = (about.metrics[name] || {}).unit;
      const kind = entry.worse.includes(name) ? "number worse" : "number";
      return [[title(name)], [quantity(score.old, unit), "number"], [quantity(score.new, unit), kind], [quantity(score.noise, unit), "number"], [score.note || ""]];
    }));
  }
  function heading(entry) {
    const answers = entry.case.new || [];
    const link = make("button", {type: "button", class: "push", on: {click: async (event) => {
      const button = event.currentTarget;
      try { await navigator.clipboard.writeText(location.href); button.textContent = "Copied"; } catch { button.textContent = "See the address bar"; }
    }}}, "Copy link");
    const which = answers.length > 1 ? make("span", {class: "switch", role: "group", "aria-label": "New answer"},
      answers.map((_, place) => make("button", {type: "button", "aria-pressed": String(place === answer), "aria-label": `New answer ${place + 1}`, on: {click: () => { answer = place; show(); }}}, String(place + 1)))) : null;
    return [make("div", {class: "bar-line"},
      make("button", {type: "button", id: "back", on: {click: close}}, "← Cases"),
      make("h3", {}, entry.key), make("span", {class: "chip " + entry.state}, STATES[entry.state]),
      Object.entries(entry.case.groups || {}).map(([field, value]) => make("span", {class: "chip"}, `${field}=${value}`)), which, link)];
  }
  function show() {
    const detail = byId("detail");
    if (!chosen) { detail.replaceChildren(make("p", {class: "note"}, "Choose a case.")); return; }
    const old = chosen.case.old || {}, answers = chosen.case.new || [];
    answer = Math.min(answer, Math.max(answers.length - 1, 0));
    const fresh = answers[answer] || {error: "it was not asked"};
    const label = answers.length > 1 ? `new, answer ${answer + 1} of ${answers.length}` : "new";
    const parts = [...heading(chosen)];
    if (chosen.case.known) parts.push(make("p", {class: "note"}, make("b", {}, "Accepted: "), chosen.case.known));
    parts.push(make("h3", {}, "Asked"), make("p", {class: "said"}, chosen.question || "(nothing but items)"));
    if (chosen.case.history) parts.push(make("p", {class: "note"}, `after ${chosen.case.history} items of history`));
    if (calls(old) || calls(fresh)) parts.push(make("h3", {}, "Functions called"), sides(...lines(calls(old), calls(fresh)), "old", label));
    parts.push(make("h3", {}, "Answered"), sides(...texts(old, fresh), "old", label), make("div", {class: "sides"}, make("div", {}, fate(old)), make("div", {}, fate(fresh))));
    if (cited(old) || cited(fresh)) parts.push(make("h3", {}, "Cited"), sides(...lines(cited(old), cited(fresh)), "old", label));
    parts.push(make("h3", {}, "Measured"), scores(chosen), make("h3", {}, "Took"), took(old, fresh));
    detail.replaceChildren(...parts);
  }
  function choose(entry, open) {
    chosen = entry;
    answer = 0;
    show();
    byId("detail").scrollTop = 0;
    const place = found.indexOf(entry);
    if (place >= 0) reveal(place);
    mark();
    if (open) document.body.classList.add("reading");
    keep();
  }
  function close() {
    document.body.classList.remove("reading");
    byId("list").focus();
  }

  /* The address: what is chosen and how the list is filtered. */
  function keep() {
    const said = new URLSearchParams();
    if (chosen) said.set("case", chosen.key);
    for (const [name, value] of Object.entries(filters)) if (value && !(name === "sort" && value === "worst")) said.set(name, value);
    history.replaceState(null, "", said.size || String(said) ? "#" + said : location.pathname + location.search);
  }
  function obey() {
    if (document.getElementById(location.hash.slice(1))) return;
    const said = new URLSearchParams(location.hash.slice(1));
    for (const name of Object.keys(filters)) {
      filters[name] = said.get(name) || (name === "sort" ? "worst" : "");
      byId(name).value = filters[name];
    }
    select();
    const wanted = said.get("case");
    const entry = wanted ? entries.find((each) => each.key === wanted) : null;
    if (entry) {
      choose(entry, true);
      byId("cases-section").scrollIntoView({behavior: "instant"});
    } else if (found.length) {
      chosen = found[0];
      show();
      mark();
    }
  }

  /* Keys. */
  function step(by) {
    const place = found.indexOf(chosen);
    const next = found[Math.min(found.length - 1, Math.max(0, place + by))];
    if (next) choose(next, false);
  }
  function press(event) {
    const typing = event.target.closest("input, select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { if (typing) typing.blur(); close(); return; }
    if (typing) return;
    const list = event.target === byId("list");
    const page = Math.max(1, Math.floor(byId("list").clientHeight / ROW) - 1);
    const acts = {j: () => step(1), k: () => step(-1), "/": () => byId("search").focus()};
    if (list) {
      Object.assign(acts, {ArrowDown: () => step(1), ArrowUp: () => step(-1), PageDown: () => step(page), PageUp: () => step(-page),
        Home: () => step(-found.length), End: () => step(found.length),
        Enter: () => { document.body.classList.add("reading"); byId("detail").focus(); }});
    }
    if (/^[1-9]$/.test(event.key) && chosen && (chosen.case.new || []).length >= Number(event.key)) {
      acts[event.key] = () => { answer = Number(event.key) - 1; show(); };
    }
    if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
  }

  async function start() {
    read(await unpacked());
    byId("browser").hidden = false;
    fillFilters();
    obey();
    let waiting = 0;
    byId("search").addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { filters.search = byId("search").value; select(); keep(); }, 120);
    });
    for (const name of ["state", "metric", "group", "sort"]) {
      byId(name).addEventListener("change", () => { filters[name] = byId(name).value; select(); keep(); });
    }
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("list").addEventListener("scroll", () => requestAnimationFrame(draw), {passive: true});
    addEventListener("resize", () => { drawn = ""; draw(); });
    addEventListener("hashchange", obey);
    addEventListener("keydown", press);
    document.documentElement.dataset.ready = "yes";
  }
  requestAnimationFrame(() => setTimeout(start));
})();
