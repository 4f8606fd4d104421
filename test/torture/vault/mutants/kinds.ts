/** The ways to damage bytes, lines and words of a vault. */
import { strayBit } from "../../../vectors/cases/case.ts";
import type { History } from "./history.ts";

export type Random = (below: number) => number;

/** Makes one mutant of the last commit. */
export type Kind = (history: History, random: Random) => string | Buffer;

export const present = ({ commits }: History): string => commits.at(-1) ?? "";
export const pick = <T>(list: readonly T[], random: Random): T => list[random(list.length)] as T;
export const anyText = ({ commits, others }: History, random: Random) =>
	pick([...commits, ...others], random);

const STRANGE = [
	"\r",
	"\r\n",
	"\0",
	"\uFEFF",
	" ",
	"\t",
	"\n",
	"\n\n",
	"=",
	"+",
	"/",
	"é",
	"\u2028",
	"🔑",
	"<<<<<<< ",
	"-",
	"A",
	"g",
];
const INVALID = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0x80], [0xf4, 0x90, 0x80, 0x80]];

function spliced(history: History, random: Random, inserted: Uint8Array, removed: number): Buffer {
	const bytes = Buffer.from(present(history));
	const at = random(bytes.length);
	return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);
}

function flipped(history: History, random: Random, bits: number): Buffer {
	const bytes = Buffer.from(present(history));
	for (let count = 0; count < bits; count++) {
		const at = random(bytes.length);
		bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
	}
	return bytes;
}

export const BYTES: Readonly<Record<string, Kind>> = {
	"a bit flipped": (history, random) => flipped(history, random, 1),
	"bits flipped": (history, random) => flipped(history, random, 2 + random(7)),
	"bytes deleted": (history, random) =>
		spliced(history, random, Buffer.alloc(0), 1 + random(random(40) === 0 ? 2000 : 3)),
	"a byte doubled": (history, random) => {
		const bytes = Buffer.from(present(history));
		const at = random(bytes.length);
		return Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at)]);
	},
	"something strange put in": (history, random) =>
		spliced(history, random, Buffer.from(pick(STRANGE, random)), random(2)),
	"bytes that are not UTF-8": (history, random) =>
		spliced(history, random, Buffer.from(pick(INVALID, random)), random(2)),
	cut: (history, random) => Buffer.from(present(history)).subarray(0, random(present(history).length)),
};

/** Changes the lines of the last commit. */
export const lines =
	(change: (all: string[], random: Random, history: History) => void): Kind =>
	(history, random) => {
		const all = present(history).split("\n");
		change(all, random, history);
		return all.join("\n");
	};

const oneLine = (change: (line: string, random: Random) => readonly string[]): Kind =>
	lines((all, random) => {
		const at = random(all.length);
		all.splice(at, 1, ...change(all[at] ?? "", random));
	});

/** Replaces one word of a line. */
const word = (change: (word: string, random: Random, history: History) => string): Kind =>
	lines((all, random, history) => {
		const candidates = all.flatMap((line, index) => (line.includes(" ") ? [index] : []));
		const at = pick(candidates, random);
		const words = (all[at] ?? "").split(" ");
		const which = random(words.length);
		words[which] = change(words[which] ?? "", random, history);
		all[at] = words.join(" ");
	});

/** A word from another line, at the same position if possible. */
function foreignWord(_: string, random: Random, history: History): string {
	const words = pick(anyText(history, random).split("\n"), random).split(" ");
	return pick(words, random);
}

export const LINES: Readonly<Record<string, Kind>> = {
	"a line deleted": oneLine(() => []),
	"a line doubled": oneLine((line) => [line, line]),
	"a line with CR": oneLine((line) => [`${line}\r`]),
	"a line with a blank": oneLine((line, random) => [random(2) ? `${line} ` : ` ${line}`]),
	"a line in another case": oneLine((line, random) => [random(2) ? line.toLowerCase() : line.toUpperCase()]),
	"a blank line": oneLine((line) => ["", line]),
	"conflict markers": oneLine((line) => ["<<<<<<< ours", line, "=======", line, ">>>>>>> theirs"]),
	"a lone marker": oneLine((line, random) => [
		pick(["<<<<<<< ours", "=======", ">>>>>>> theirs", "|||||||"], random),
		line,
	]),
	"lines swapped": lines((all, random) => {
		const [a, b] = [random(all.length), random(all.length)];
		[all[a], all[b]] = [all[b] ?? "", all[a] ?? ""];
	}),
	"a line of another text": lines((all, random, history) => {
		all[random(all.length)] = pick(anyText(history, random).split("\n"), random);
	}),
	"a word of another line": word(foreignWord),
	"stray bits": word((text) => (/^[\w-]{11,}$/.test(text) ? strayBit(text) : `${text}A`)),
	"a number changed": word((text, random) =>
		text.replace(/\d+/, (digits) => String(Number(digits) + 1 - random(3))),
	),
	"another word": word(
		(text) => ({ live: "deleted", deleted: "live", writer: "reader", reader: "writer" })[text] ?? `${text}x`,
	),
};
