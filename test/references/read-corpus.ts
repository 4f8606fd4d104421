/**
 * The corpus, in one text file for each theme. A function consists of a label, its modules and the names that
 * it reads:
 *
 *     # label
 *     --- path of the entry (index.ts where this line is left out)
 *     the code
 *     --- path of another file
 *     its content
 *     => NAMES THAT IT READS | dynamic
 */
import { readdirSync, readFileSync } from "node:fs";

export interface CorpusFunction {
	readonly theme: string;
	readonly label: string;
	/**
	 * A separate folder for the function, two levels deep, so that its entry may import from parent folders.
	 */
	readonly folder: string;
	readonly entry: string;
	/** Contents by path within the folder. */
	readonly files: ReadonlyMap<string, string>;
	/** Sorted. `A_*` stands for all names that begin with `A_`. */
	readonly names: readonly string[];
	readonly isDynamic: boolean;
}

export function readCorpus(): CorpusFunction[] {
	const folder = new URL("corpus/", import.meta.url);
	const sections = readdirSync(folder)
		.sort()
		.flatMap((file) => readFileSync(new URL(file, folder), "utf8").split(/^## /m).slice(1));
	return sections
		.flatMap((section) => {
			const [theme = "", ...blocks] = section.split(/^# /m);
			return blocks.map((block) => ({ theme: theme.trim(), block }));
		})
		.map(({ theme, block }, index) => readFunction(theme, block, `case/${index}`));
}

function readFunction(theme: string, block: string, folder: string): CorpusFunction {
	const match = /^(.+)\n([\s\S]*)\n=> (.+?)( \| dynamic)?\n*$/.exec(block);
	if (match === null) throw new Error(`a function that cannot be read: ${block}`);
	const [, label = "", text = "", names = "", dynamic] = match;
	const parts = text.split(/^--- (.+)\n/m);
	const files = new Map<string, string>();
	for (let at = 1; at < parts.length; at += 2) files.set(parts[at] as string, parts[at + 1] ?? "");
	const [first = ""] = parts;
	if (first.trim() !== "") files.set("index.ts", first);
	const entry = first.trim() === "" ? (parts[1] ?? "") : "index.ts";
	const sorted = names === "nothing" ? [] : names.split(" ").sort();
	return { theme, label, folder, entry, files, names: sorted, isDynamic: dynamic !== undefined };
}
