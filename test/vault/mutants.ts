/** Every way in which a text can be spoilt, from a seed. */

/** A small generator of numbers, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
	};
}

export interface Mutant {
	/** How it was made, for a failing test. */
	readonly what: string;
	readonly text: string;
}

const STRANGE = [
	"\r",
	"\u0000",
	"\uFEFF",
	" ",
	"\t",
	"\n",
	"=",
	"+",
	"/",
	"é",
	"\u2028",
	"\ud83d\udd11",
	"\ud83d",
	"<",
	"-",
	"A",
	"g",
];

/** One mutant for every second character, on average: another letter, or something strange. */
function* characters(text: string, random: (below: number) => number): Generator<Mutant> {
	for (let at = random(2); at < text.length; at += 1 + random(3)) {
		const letter = String.fromCharCode(text.charCodeAt(at) ^ (1 << random(7)));
		const other = random(4) === 0 ? (STRANGE[random(STRANGE.length)] ?? "") : letter;
		yield { what: `character ${at} replaced`, text: text.slice(0, at) + other + text.slice(at + 1) };
	}
}

/** Deleted, doubled and inserted characters at random places, and files that end early. */
function* lengths(text: string, random: (below: number) => number, count: number): Generator<Mutant> {
	for (let made = 0; made < count; made++) {
		const at = random(text.length);
		const strange = STRANGE[random(STRANGE.length)] ?? "";
		yield { what: `character ${at} deleted`, text: text.slice(0, at) + text.slice(at + 1) };
		yield { what: `character ${at} doubled`, text: text.slice(0, at) + text.slice(at - 1) };
		yield {
			what: `${JSON.stringify(strange)} inserted at ${at}`,
			text: text.slice(0, at) + strange + text.slice(at),
		};
		yield { what: `cut at ${at}`, text: text.slice(0, at) };
	}
}

function* lines(text: string): Generator<Mutant> {
	const all = text.split("\n");
	const joined = (changed: readonly string[]) => changed.join("\n");
	for (const [index, line] of all.entries()) {
		const put = (...others: string[]) => joined([...all.slice(0, index), ...others, ...all.slice(index + 1)]);
		yield { what: `line ${index + 1} deleted`, text: put() };
		yield {
			what: `record at line ${index + 1} deleted`,
			text: joined([...all.slice(0, index), ...all.slice(index + 3)]),
		};
		yield { what: `line ${index + 1} doubled`, text: put(line, line) };
		yield { what: `line ${index + 1} with CR`, text: put(`${line}\r`) };
		yield { what: `line ${index + 1} with a blank behind`, text: put(`${line} `) };
		yield { what: `line ${index + 1} with a blank before`, text: put(` ${line}`) };
		yield { what: `line ${index + 1} in lower case`, text: put(line.toLowerCase()) };
		yield { what: `blank line before line ${index + 1}`, text: put("", line) };
		yield {
			what: `conflict at line ${index + 1}`,
			text: put("<<<<<<< ours", line, "=======", line, ">>>>>>> theirs"),
		};
		for (const [other, otherLine] of all.entries()) {
			if (other <= index || other - index > 6 || otherLine === line) continue;
			const swapped = [...all];
			swapped[index] = otherLine;
			swapped[other] = line;
			yield { what: `lines ${index + 1} and ${other + 1} swapped`, text: joined(swapped) };
			yield { what: `line ${other + 1} copied over line ${index + 1}`, text: put(otherLine) };
		}
	}
}

/** The whole file spoilt at once. */
function* wholes(text: string): Generator<Mutant> {
	yield { what: "CRLF", text: text.replaceAll("\n", "\r\n") };
	yield { what: "CR", text: text.replaceAll("\n", "\r") };
	yield { what: "byte order mark", text: `\uFEFF${text}` };
	yield { what: "empty", text: "" };
	yield { what: "twice", text: text + text };
	yield { what: "no line feed at the end", text: text.slice(0, -1) };
	yield { what: "a huge line in front", text: `${"A".repeat(10_000_000)}\n${text}` };
	yield { what: "a huge line behind", text: `${text}${"A".repeat(10_000_000)}\n` };
	yield { what: "a huge number of line feeds", text: text + "\n".repeat(1_000_000) };
	yield {
		what: "a huge number of words",
		text: text.replace("link 0 -", `link 0 -${" x".repeat(1_000_000)}`),
	};
	yield { what: "format 2", text: text.replace("coffer-vault 1", "coffer-vault 2") };
}

/** All mutants of a text; none equals it, and the same seed gives the same ones. */
export function* mutantsOf(text: string, seed: number): Generator<Mutant> {
	const random = seededRandom(seed);
	for (const source of [wholes(text), characters(text, random), lengths(text, random, 200), lines(text)]) {
		for (const mutant of source) if (mutant.text !== text) yield mutant;
	}
}
