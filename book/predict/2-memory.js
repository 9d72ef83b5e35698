// The reader's guesses: kept by the browser if it lets us, else as long as the page lives.
// A guess is {guess: 3e6} or {skipped: true}; labels are the same in both editions.

const held = new Map();
const memory = {
  read(id) {
    try {
      return JSON.parse(localStorage.getItem(`xg:${id}`)) ?? held.get(id);
    } catch {
      return held.get(id);
    }
  },
  write(id, outcome) {
    held.set(id, outcome);
    try {
      localStorage.setItem(`xg:${id}`, JSON.stringify(outcome));
    } catch { /* a private window, or no room */ }
  },
  forget(id) {
    held.delete(id);
    try {
      localStorage.removeItem(`xg:${id}`);
    } catch { /* as above */ }
  },
};
