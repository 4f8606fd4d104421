/** Mutations that take records and whole texts from other vaults, and mutations that make a vault huge. */
import { anyText, type Kind, lines, pick, present } from "./kinds.ts";

/** Records of a text, as blocks of three lines, each with its line number. */
function blocks(text: string): { at: number; lines: string[] }[] {
	const all = text.split("\n");
	return all.flatMap((line, at) =>
		/^v[0-9]+ /.test(line) ? [{ at: at - 1, lines: all.slice(at - 1, at + 2) }] : [],
	);
}

export const RECORDS: Readonly<Record<string, Kind>> = {
	"a record dropped": lines(
		(all, random, history) => void all.splice(pick(blocks(present(history)), random).at, 3),
	),
	"a record twice": lines((all, random, history) => {
		const { at, lines } = pick(blocks(present(history)), random);
		all.splice(at, 0, ...lines);
	}),
	"a record of another text": lines((all, random, history) => {
		const other = pick(blocks(anyText(history, random)), random);
		const own = blocks(present(history));
		const { at } = own.find(({ lines }) => lines[0] === other.lines[0]) ?? pick(own, random);
		all.splice(at, 3, ...other.lines);
	}),
	"a record added": lines((all, random, history) => {
		all.splice(
			pick(blocks(present(history)), random).at,
			0,
			...pick(blocks(anyText(history, random)), random).lines,
		);
	}),
	"a record under another name": lines((all, random, history) => {
		const [one, other] = [
			pick(blocks(present(history)), random),
			pick(blocks(anyText(history, random)), random),
		];
		all[one.at + 1] = other.lines[1] ?? "";
	}),
	"records swapped": lines((all, random, history) => {
		const [a, b] = [pick(blocks(present(history)), random), pick(blocks(present(history)), random)];
		for (const [from, to] of [
			[a, b],
			[b, a],
		] as const)
			all.splice(to.at, 3, ...from.lines);
	}),
};

const HUGE = 10_000_000;

export const WHOLES: Readonly<Record<string, Kind>> = {
	"an encoding": (history, random) => {
		const text = present(history);
		return pick(
			[
				text.replaceAll("\n", "\r\n"),
				text.replaceAll("\n", "\r"),
				`\uFEFF${text}`,
				Buffer.from(text, "utf16le"),
				"",
				text + text,
				text.slice(0, -1),
				`${text}\n`,
				text.replace("coffer-vault 1", "coffer-vault 2"),
				text.replace(/\n\n/g, "\n"),
			],
			random,
		);
	},
	"an older commit, or another vault": (history, random) =>
		pick([...history.commits.slice(0, -1), ...history.others], random),
	"spliced from two texts": (history, random) => {
		const [one, other] = [anyText(history, random).split("\n"), anyText(history, random).split("\n")];
		const at = random(one.length);
		return [...one.slice(0, at), ...other.slice(random(2) ? at : random(other.length))].join("\n");
	},
	"the chain of one, the records of another": (history, random) => {
		const [one, other] = [anyText(history, random), anyText(history, random)];
		const at = (text: string) => text.lastIndexOf("\n\n", text.search(/^v[0-9]+ /m));
		return one.slice(0, at(one)) + other.slice(at(other));
	},
	"two commits in conflict": (history, random) => {
		const [one, other] = [anyText(history, random).split("\n"), anyText(history, random).split("\n")];
		const at = random(Math.min(one.length, other.length));
		return [
			...one.slice(0, at),
			"<<<<<<< ours",
			...one.slice(at, -1),
			"=======",
			...other.slice(at, -1),
			">>>>>>> theirs",
			"",
		].join("\n");
	},
};

export const HUGE_KINDS: Readonly<Record<string, Kind>> = {
	"a line of 10 MB": (history, random) => {
		const all = present(history).split("\n");
		all.splice(random(all.length), random(2), "A".repeat(HUGE));
		return all.join("\n");
	},
	"a word of 10 MB": (history, random) =>
		present(history).replace(
			pick([" live ", " create ", " add ", " genesis "], random),
			(text) => `${text}${"x".repeat(HUGE)} `,
		),
	"10 MB of words": (history) => present(history).replace("link 0 -", `link 0 -${" x".repeat(HUGE / 2)}`),
	"10 MB of line feeds": (history) => present(history) + "\n".repeat(HUGE),
};
