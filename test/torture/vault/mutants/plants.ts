/** Readers with a planted bug that mutants must find. */
import { compareNames } from "../../../../src/vault/syntax/syntax.ts";
import { READER, type Reader } from "./device.ts";

/** Sorts the records of each section by name, as if the reader did not check the order. */
function sorted(text: string): string {
	return text.replace(/(?:\n\w+\nv\d+ [^\n]+\n)+/g, (block) =>
		(block.match(/\n\w+\nv\d+ [^\n]+\n/g) ?? [])
			.sort((a, b) => compareNames(a.split("\n")[1] ?? "", b.split("\n")[1] ?? ""))
			.join(""),
	);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Base64 as a lenient decoder reads it: it ignores the unused bits. */
function canonical(text: string): string {
	return text.replace(/(?!environment\b)\b[\w-]{11,}(?=[ \n:,])/g, (word) => {
		const unused = { 2: 15, 3: 3 }[word.length % 4] ?? 0;
		return word.slice(0, -1) + ALPHABET.charAt(ALPHABET.indexOf(word.slice(-1)) & ~unused);
	});
}

const parsing = (change: (text: string) => string): Reader => ({
	...READER,
	parse: (text) => READER.parse(change(text)),
});

/** The bugs, by their description. */
export const PLANTS: Readonly<Record<string, Reader>> = {
	"signatures of records are not checked": { ...READER, verifyRecord: () => undefined },
	"records may stand in any order": parsing(sorted),
	"unused bits of base64 may be set": parsing(canonical),
	"lines may end in CR LF": parsing((text) => text.replaceAll("\r\n", "\n")),
	"a byte order mark is passed over": parsing((text) => text.replace(/^\uFEFF/, "")),
	"blanks at the end of a line are passed over": parsing((text) => text.replace(/ +$/gm, "")),
	"what stands behind the end is passed over": parsing((text) =>
		text.replace(/(\nend production\n)(?!\nenvironment)[\s\S]*$/, "$1"),
	),
	"bytes that are not UTF-8 are left out": {
		...READER,
		decode: (bytes) => new TextDecoder().decode(bytes).replaceAll("\uFFFD", ""),
	},
	"the pin is not held against the chains": { ...READER, checkPin: () => ({ older: false }) },
	"the marks are not held against the records": {
		...READER,
		compareMarks: () => ({ rolledBack: [], dropped: [] }),
	},
};
