// News of the service: parts of the page with hx-trigger="news from:body" are asked for again.
// They come by the stream of events; where that is lost, the page asks every few seconds instead.

const PAUSE = 250; // ms in which several events count as one
let told;

function tell() {
  clearTimeout(told);
  told = setTimeout(() => document.body.dispatchEvent(new CustomEvent("news")), PAUSE);
}

function sayLost(since) {
  const place = document.querySelector("[data-stream]");
  if (!place) return;
  const minutes = Math.floor((Date.now() - since) / 60000);
  const text = minutes < 1 ? "" : place.dataset.lost.replace("{minutes}", minutes);
  if (place.textContent !== text) place.textContent = text;
}

async function ask(after) {
  const query = after === null ? "" : `?after=${after}`;
  const answer = await fetch(`/api/v1/events${query}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

export async function listen() {
  if (!document.querySelector("[data-live]")) return;
  let last = null;
  let streaming = null;
  let heard = Date.now();

  const open = (address) => {
    streaming = new EventSource(`${address}?after=${last}`, { withCredentials: true });
    const hear = (event) => {
      last = event.lastEventId || last;
      heard = Date.now();
      tell();
    };
    for (const kind of document.body.dataset.events.split(" ")) streaming.addEventListener(kind, hear);
    streaming.addEventListener("reset", hear);
    streaming.onopen = () => { heard = Date.now(); sayLost(heard); };
    streaming.onerror = () => {
      streaming.close();
      streaming = null;
    };
  };

  for (;;) {
    let wait = 5;
    if (streaming === null) {
      try {
        const answer = await ask(last);
        if (last !== null && (answer.items.length || answer.reset)) tell();
        last = answer.last_id;
        wait = answer.wait || 1;
        heard = Date.now();
        if (answer.stream) open(answer.stream);
      } catch {
        wait = 15;
      }
    } else {
      heard = Date.now();
    }
    sayLost(heard);
    await new Promise((next) => setTimeout(next, wait * 1000));
  }
}
