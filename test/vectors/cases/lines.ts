/** Faults of single lines: links and records with a wrong form, order or number. */
import type { Vector } from "../vector.ts";
import { badLine, badLines, LINE, reword, smallVault, strayBit, vectorOf } from "./case.ts";

type Row = readonly [name: string, comment: string, change: (line: string) => string];

const LINK = "VAULT_LINK_MALFORMED";
const NAME = "VAULT_NAME_INVALID";
const RECORD = "VAULT_RECORD_MALFORMED";

const linkRows: readonly Row[] = [
	[
		"five-words",
		"A link of five words",
		(line) => line.split(" ").slice(0, 3).concat(line.split(" ").slice(-2)).join(" "),
	],
	["two-blanks", "Two blanks between words", (line) => line.replace(" add ", "  add ")],
	["blank-behind", "A blank at the end", (line) => `${line} `],
	["cr", "CR LF at the end", (line) => `${line}\r`],
	["tab", "A tab inside a word", (line) => line.replace("writer", "wri\tter")],
	["nul", "A NUL inside a word", (line) => line.replace("writer", "wri\0ter")],
	["not-ascii", "A letter beyond ASCII", (line) => line.replace(" bob ", " bób ")],
	["index-leading-zero", "An index with a leading zero", (line) => reword(line, 1, "01")],
	["index-negative", "A negative index", (line) => reword(line, 1, "-1")],
	["index-not-a-number", "An index that is not a number", (line) => reword(line, 1, "1a")],
	["index-too-large", "An index above the maximum length of a chain", (line) => reword(line, 1, "10000")],
	["previous-short", "A hash of 42 characters", (line) => reword(line, 2, (word) => word.slice(1))],
	["previous-stray-bits", "Unused bits of the hash are set", (line) => reword(line, 2, strayBit)],
	["previous-padded", "A hash with padding", (line) => reword(line, 2, (word) => `${word}=`)],
	["previous-two-hyphens", "Two hyphens instead of a hash", (line) => reword(line, 2, "--")],
	["signer-short", "A signer's key of 42 characters", (line) => reword(line, -2, (word) => word.slice(1))],
	["signer-stray-bits", "Unused bits of the signer's key are set", (line) => reword(line, -2, strayBit)],
	["signature-short", "A signature of 85 characters", (line) => line.slice(0, -1)],
	["signature-long", "A signature of 87 characters", (line) => `${line}A`],
	["signature-stray-bits", "Unused bits of the signature are set", strayBit],
	["signature-padded", "A signature with padding", (line) => `${line}==`],
	["signature-standard-alphabet", "A slash in the signature", (line) => line.replace(/.(?=.$)/, "/")],
];
const changed = linkRows.map(([name, comment, spoil]) =>
	badLine(`link-line-${name}`, LINK, comment, LINE.addBob, spoil),
);

const links: Vector[] = [
	...changed,
	badLine(
		"link-line-vault-signature-stray-bits",
		LINK,
		"The same in the vault's chain",
		LINE.createProduction,
		strayBit,
	),
	badLine("link-line-upper-case", "VAULT_MALFORMED", "'Link' instead of 'link'", LINE.addBob, (line) =>
		line.replace("link", "Link"),
	),
	badLine(
		"link-line-blank-before",
		"VAULT_MALFORMED",
		"A blank before a link",
		LINE.addBob,
		(line) => ` ${line}`,
	),
	badLine("link-line-tabs", "VAULT_MALFORMED", "Tabs between words", LINE.addBob, (line) =>
		line.replaceAll(" ", "\t"),
	),
	badLine("link-line-word-alone", "VAULT_MALFORMED", "'link' and nothing else", LINE.addBob, () => "link"),
	badLines("link-line-among-records", NAME, "A link after the records", (lines) => {
		lines.splice(LINE.endProduction - 1, 0, lines[LINE.addCarol - 1] ?? "");
		return LINE.endProduction;
	}),
	badLines("link-line-joined", LINK, "Two links on one line", (lines) => {
		lines[LINE.addBob - 1] += ` ${lines[LINE.addCarol - 1]}=`;
		return LINE.addBob;
	}),
];

function names(): Vector[] {
	const rows: readonly Row[] = [
		["hyphen", "A hyphen in it", () => "API-KEY"],
		["blank", "A blank in it", () => "API KEY"],
		["blank-behind", "A blank after it", (line) => `${line} `],
		["blank-before", "A blank before it", (line) => ` ${line}`],
		["cr", "CR LF at the end", (line) => `${line}\r`],
		["nul", "A NUL in it", () => "API\0KEY"],
		["not-ascii", "A letter beyond ASCII", () => "API_KÉY"],
		["full-width", "Full-width letters, which look like ASCII", () => "ＡＰＩ_ＫＥＹ"],
		["too-long", "129 letters", () => "A".repeat(129)],
		["equals", "A line of a .env file", () => "API_KEY=value"],
		["dot", "A dot in it", () => "api.key"],
		["terminal", "An escape sequence", () => "\u001b[2J"],
	];
	return rows.map(([name, comment, change]) => badLine(`name-${name}`, NAME, comment, LINE.apiKey, change));
}

function recordRows(): readonly Row[] {
	const word = (index: number, other: string | ((word: string) => string)) => (line: string) =>
		reword(line, index, other);
	const bytes = (count: number) => "A".repeat(Math.ceil((count * 4) / 3));
	return [
		["empty", "No second line", () => ""],
		["six-words", "A word is missing", (line) => line.split(" ").slice(0, 6).join(" ")],
		["eight-words", "A word too many", (line) => `${line} more`],
		["two-blanks", "Two blanks between words", (line) => line.replace(" live ", " live  ")],
		["blank-behind", "A blank at the end", (line) => `${line} `],
		["blank-before", "A blank at the beginning", (line) => ` ${line}`],
		["cr", "CR LF at the end", (line) => `${line}\r`],
		["tab", "A tab between words", (line) => line.replace(" ", "\t")],
		["version-0", "Version 0", word(0, "v0")],
		["version-leading-zero", "A version with a leading zero", word(0, "v01")],
		["version-too-large", "A version above the limit", word(0, "v1000000000")],
		["version-negative", "A negative version", word(0, "v-1")],
		["version-fraction", "A fraction", word(0, "v1.0")],
		["version-bare", "A version without the v", word(0, "1")],
		["version-upper-case", "A capital V", word(0, "V1")],
		["kind-unknown", "A kind that is neither live nor deleted", word(1, "dead")],
		["kind-upper-case", "'Live'", word(1, "Live")],
		["epoch-bare", "An epoch without its random part", word(2, "1")],
		["epoch-0", "Epoch 0", word(2, (id) => id.replace("1.", "0."))],
		["epoch-leading-zero", "An epoch with a leading zero", word(2, (id) => `0${id}`)],
		["epoch-too-large", "An epoch of seven digits", word(2, (id) => id.replace("1.", "1000000."))],
		["epoch-short", "A random part of 10 characters", word(2, (id) => id.slice(0, -1))],
		["epoch-stray-bits", "Unused bits of the random part are set", word(2, strayBit)],
		["since-0", "SINCE is 0", word(3, "0")],
		["since-leading-zero", "SINCE with a leading zero", word(3, "01")],
		["since-later", "SINCE is a later epoch than the record's own", word(3, "2")],
		["since-not-a-number", "SINCE is the id of an epoch instead of a number", word(3, "1.AAAAAAAAAAA")],
		["author-short", "An author's key of 42 characters", word(4, (key) => key.slice(1))],
		["author-stray-bits", "Unused bits of the author's key are set", word(4, strayBit)],
		["author-padded", "An author's key with padding", word(4, (key) => `${key}=`)],
		["payload-empty", "A payload without blocks", word(5, bytes(40))],
		["payload-odd", "A payload whose length is not a multiple of the block size", word(5, bytes(40 + 65))],
		["payload-short", "A payload that is one character short", word(5, (text) => text.slice(1))],
		["payload-too-large", "A payload of 1,026 blocks", word(5, bytes(40 + 1026 * 64))],
		["payload-padded", "A payload with padding", word(5, (text) => `${text}=`)],
		["payload-standard-alphabet", "A plus sign in the payload", word(5, (text) => `+${text.slice(1)}`)],
		["signature-short", "A signature of 85 characters", (line) => line.slice(0, -1)],
		["signature-long", "A signature of 87 characters", (line) => `${line}A`],
		["signature-stray-bits", "Unused bits of the signature are set", strayBit],
		["signature-padded", "A signature with padding", (line) => `${line}==`],
	];
}

function records(): Vector[] {
	const malformed = recordRows().map(([name, comment, change]) =>
		badLine(`record-line-${name}`, RECORD, comment, LINE.apiKey + 1, change),
	);
	return [
		...malformed,
		badLine(
			"record-line-payload-stray-bits",
			RECORD,
			"Unused bits of the payload are set",
			LINE.apiKey + 1,
			(line) => reword(line, 5, strayBit),
		),
		badLines("record-line-missing", RECORD, "A name without its second line", (lines) => {
			lines.splice(LINE.apiKey, 1);
			return LINE.apiKey + 1;
		}),
		badLines("record-line-twice", "VAULT_MALFORMED", "The second line appears twice", (lines) => {
			lines.splice(LINE.apiKey, 0, lines[LINE.apiKey] ?? "");
			return LINE.apiKey + 2;
		}),
		badLines("record-wrapped", RECORD, "The second line continues on a third line", (lines) => {
			const [words, rest] = [lines[LINE.apiKey]?.split(" ") ?? [], LINE.apiKey];
			lines.splice(rest, 1, words.slice(0, 5).join(" "), words.slice(5).join(" "));
			return LINE.apiKey + 1;
		}),
	];
}

function order(): Vector[] {
	const move = (lines: string[], from: number, to: number) =>
		lines.splice(to - 1, 0, ...lines.splice(from - 1, 3));
	return [
		badLines("records-unsorted", "VAULT_UNSORTED", "GONE before API_KEY", (lines) => {
			move(lines, LINE.apiKey, LINE.gone);
			return LINE.gone;
		}),
		badLines("records-unsorted-end", "VAULT_UNSORTED", "API_KEY is last", (lines) => {
			move(lines, LINE.apiKey, LINE.token);
			return LINE.token;
		}),
		badLines("record-twice", "VAULT_NAME_DUPLICATE", "A record appears twice", (lines) => {
			lines.splice(LINE.apiKey - 1, 0, ...lines.slice(LINE.apiKey - 1, LINE.apiKey + 2));
			return LINE.apiKey + 3;
		}),
		badLines("records-of-one-name", "VAULT_NAME_DUPLICATE", "Two different records of one name", (lines) => {
			const vault = smallVault("another");
			lines.splice(LINE.apiKey - 1, 0, "API_KEY", vault.production.records.get("API_KEY") ?? "", "");
			return LINE.apiKey + 3;
		}),
		badLines(
			"records-case",
			"VAULT_UNSORTED",
			"Sorted without regard to case: 'a' before 'API_KEY'",
			(lines) => {
				lines.splice(LINE.apiKey - 1, 0, "a", lines[LINE.apiKey] ?? "", "");
				return LINE.apiKey + 3;
			},
		),
	];
}

function limits(): Vector[] {
	const large = (name: string, comment: string, spoil: (lines: string[]) => number) => {
		const lines = smallVault().lines();
		const line = spoil(lines);
		return vectorOf(`limit-${name}`, "VAULT_TOO_LARGE", comment, `${lines.join("\n")}\n`, { line });
	};
	return [
		large("records", "10,001 records of an environment", (lines) => {
			const body = lines[LINE.apiKey] ?? "";
			const many = Array.from({ length: 10_001 }, (_, index) => [`N${10_000 + index}`, body, ""]).flat();
			lines.splice(LINE.apiKey - 1, 9, ...many);
			return LINE.apiKey + 3 * 10_000;
		}),
		large("links", "10,001 links of a chain", (lines) => {
			const link = lines[LINE.addBob - 1] ?? "";
			lines.splice(LINE.addBob - 1, 2, ...new Array(10_000).fill(link));
			return LINE.first + 10_000;
		}),
		large("environments", "101 environments", (lines) => {
			const links = lines.slice(LINE.first - 1, LINE.first);
			const names = Array.from({ length: 101 }, (_, index) => `e${1000 + index}`);
			const many = names.flatMap((name) => ["", `environment ${name}`, ...links, "", `end ${name}`]);
			lines.splice(LINE.endVault, lines.length, ...many);
			return lines.indexOf("environment e1100") + 1;
		}),
	];
}

/** Vectors of links, names and records with a wrong form. */
export const lineVectors = (): Vector[] => [...links, ...names(), ...records(), ...order(), ...limits()];
