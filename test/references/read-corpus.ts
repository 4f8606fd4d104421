/**
 * The corpus, one text file a theme. Each function is a label, its modules and what it reads in truth:
 *
 *     # label
 *     --- path of the entry (left out, it is index.ts)
 *     the code
 *     --- path of another file
 *     its content
 *     => NAMES THAT IT READS | dynamic
 */
import { readdirSync, readFileSync } from "node:fs";

export interface CorpusFunction {
	readonly theme: string;
	readonly label: string;
	/** A folder of its own, two levels deep, so that an entry may reach above its own. */
	readonly folder: string;
	readonly entry: string;
	/** Contents by path from the folder. */
	readonly files: ReadonlyMap<string, string>;
	/** Sorted; `A_*` for all names that begin so. */
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
