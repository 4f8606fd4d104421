/**
 * The labelled cases, in one text file for each theme. A case consists of:
 *
 *     # label
 *     the code
 *     => NAMES THAT IT READS | dynamic LINES
 */
import { readdirSync, readFileSync } from "node:fs";
import { analyzeReferences } from "../../src/references/analyze.ts";

export interface Case {
	label: string;
	code: string;
	/** Sorted, separated by spaces. */
	names: string;
	/** The 1-based lines of the dynamic accesses. */
	dynamic: number[];
}

/** The distinct names, in order, and the 1-based lines of dynamic accesses. */
export function found(code: string): { names: string; dynamic: number[] } {
	const { references, dynamic } = analyzeReferences({ code });
	return {
		names: [...new Set(references.map(({ name }) => name))].join(" "),
		dynamic: dynamic.map(({ line }) => line),
	};
}

/** All cases, by theme. */
export function readCases(): { theme: string; cases: Case[] }[] {
	const folder = new URL("cases/", import.meta.url);
	return readdirSync(folder)
		.sort()
		.flatMap((file) => readFileSync(new URL(file, folder), "utf8").split(/^## /m).slice(1))
		.map((section) => {
			const [theme = "", ...blocks] = section.split(/^# /m);
			return { theme: theme.trim(), cases: blocks.map(readCase) };
		});
}

function readCase(block: string): Case {
	const match = /^(.+)\n([\s\S]*)\n=> (.+?)(?: \| dynamic ([\d ]+))?\n*$/.exec(block);
	if (match === null) throw new Error(`a case that cannot be read: ${block}`);
	const [, label = "", code = "", names = "", lines = ""] = match;
	const dynamic = lines === "" ? [] : lines.split(" ").map(Number);
	return { label, code, names: names === "nothing" ? "" : names, dynamic };
}
