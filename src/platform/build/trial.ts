/**
 * Parses untrusted sources in a process of their own first.
 *
 * The parser is native code that recurses as deep as a source nests: some thousand nested brackets, a few
 * kilobytes, overflow its stack and take the whole process along. The trial has half of the usual stack, so
 * what survives there is parsed here without danger. What was tried once is not tried again.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { hash, toBase64 } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { runCommand } from "./process.ts";

/** A shorter source cannot nest deep enough: each level takes a character. */
const HARMLESS_BYTES = 2000;
/** Half of what a process has everywhere. */
const STACK_KIB = 4096;
const LIMITS = { timeoutMs: 30_000, outputBytesMax: 1024 * 1024 };
const REMEMBERED_MAX = 20_000;

/** Reads `[path, source]` a line, writes a dot before each and a bang at the end. */
const SCRIPT = `
import { createInterface } from "node:readline";
import { writeSync } from "node:fs";
const { parseSync } = await import(process.argv[1]);
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
	writeSync(1, ".");
	parseSync(...JSON.parse(line));
}
writeSync(1, "!");
`;

const PARSER = pathToFileURL(createRequire(import.meta.url).resolve("oxc-parser")).href;
const NODE = [process.execPath, "--input-type=module", "-e", SCRIPT, PARSER];
const ARGS = ["-c", `ulimit -s ${STACK_KIB}; exec "$@"`, "sh", ...NODE];

export interface Trial {
	/**
	 * @param sources contents by path
	 * @throws AppError `SOURCE_SYNTAX` (exit 2) naming the first that cannot be parsed in safety
	 */
	assertParses(sources: ReadonlyMap<string, Uint8Array>): Promise<void>;
	/** The same while the caller waits: for a person's own sources, which are small and tried once. */
	assertParsesNow(sources: ReadonlyMap<string, Uint8Array>): void;
}

interface Candidate {
	path: string;
	content: Uint8Array;
	key: string;
}

/** A trial that remembers what it tried. */
export function createTrial(): Trial {
	const passed = new Set<string>();
	const untried = (sources: ReadonlyMap<string, Uint8Array>): Candidate[] =>
		[...sources]
			.filter(([, content]) => content.length > HARMLESS_BYTES)
			.map(([path, content]) => ({ path, content, key: `${path}\0${toBase64(hash(content))}` }))
			.filter(({ key }) => !passed.has(key));
	const conclude = (candidates: readonly Candidate[], stdout: string) => {
		if (!stdout.endsWith("!")) throw tooDeep(candidates[Math.max(0, stdout.length - 1)]?.path ?? "");
		if (passed.size > REMEMBERED_MAX) passed.clear();
		for (const { key } of candidates) passed.add(key);
	};
	return {
		assertParses: async (sources) => {
			const candidates = untried(sources);
			if (candidates.length === 0) return;
			const command = { file: "/bin/sh", args: ARGS, environment: {}, input: inputFor(candidates) };
			conclude(candidates, (await runCommand(command, LIMITS)).stdout);
		},
		assertParsesNow: (sources) => {
			const candidates = untried(sources);
			if (candidates.length === 0) return;
			const options = {
				env: {},
				input: inputFor(candidates),
				timeout: LIMITS.timeoutMs,
				encoding: "utf8",
			} as const;
			conclude(candidates, spawnSync("/bin/sh", ARGS, options).stdout ?? "");
		},
	};
}

function inputFor(candidates: readonly Candidate[]): string {
	const decoder = new TextDecoder();
	return candidates
		.map(({ path, content }) => `${JSON.stringify([path, decoder.decode(content)])}\n`)
		.join("");
}

function tooDeep(path: string): AppError {
	return new AppError({
		code: "SOURCE_SYNTAX",
		message: `${path} cannot be parsed: it is nested too deeply.`,
		hint: "Break its deepest expressions and blocks up, or import a generated file as JSON.",
		exit: EXIT.usage,
	});
}
