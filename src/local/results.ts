/**
 * Results of earlier runs, in the user's cache folder. A function whose sources, settings and dependencies are
 * unchanged is then neither bundled with its dependencies nor analysed again.
 *
 * The name of a result's file is the hash of everything that the result depends on, the code of the analysis included,
 * so no result has to be invalidated. A result contains names and positions, but no value of a secret. A damaged result
 * counts as missing. A folder that cannot be written is not used.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, rename, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { version as bundlerVersion } from "esbuild";
import { readBounded } from "../bounded-file.ts";
import { builtPath } from "../platform/machine/assets.ts";
import type { DynamicAccess, Reference } from "../references/evidence/reference.ts";
import type { Warning } from "./disk.ts";

/** The part of a function's result that is cached. */
export interface KeptResult {
	readonly references: Reference[];
	readonly dynamicAccesses: DynamicAccess[];
	readonly warnings: Warning[];
}

/** The most results in the cache, and the number that remains after the oldest were removed. */
const RESULTS_MAX = 5000;
const RESULTS_LEFT = 4000;
const BYTES_MAX = 256 * 1024;
const PROGRAM_BYTES_MAX = 64 * 1024 * 1024;
const NAME = /^[0-9a-f]{64}$/;

/** The SHA-256 of several parts, in hexadecimal digits. Each part is hashed with its length. */
export function digestOf(parts: readonly (string | Uint8Array)[]): string {
	const hash = createHash("sha256");
	for (const part of parts) hash.update(`${Buffer.byteLength(part)}\n`).update(part);
	return hash.digest("hex");
}

export class Results {
	readonly #folder: string | undefined;
	readonly #program: string;
	#written = 0;

	private constructor(folder: string | undefined, program: string) {
		this.#folder = folder;
		this.#program = program;
	}

	/**
	 * Opens the cache of the user.
	 * @param environment `XDG_CACHE_HOME` or `HOME` gives the folder. Without both, nothing is cached.
	 */
	static async open(environment: Readonly<Record<string, string>>): Promise<Results> {
		const { HOME, XDG_CACHE_HOME = HOME && join(HOME, ".cache") } = environment;
		if (!XDG_CACHE_HOME) return new Results(undefined, "");
		const folder = join(XDG_CACHE_HOME, "coffer", "references");
		try {
			// This module is a part of the command line's bundle, which also contains the code that bundles.
			const programs = [builtPath("analysis.cjs"), fileURLToPath(import.meta.url)];
			const texts = await Promise.all(
				programs.map((path) => readBounded(path, PROGRAM_BYTES_MAX, { links: true })),
			);
			await mkdir(folder, { recursive: true, mode: 0o700 });
			return new Results(folder, digestOf([bundlerVersion, ...texts]));
		} catch {
			return new Results(undefined, "");
		}
	}

	/** The key of a result. @param inputs all inputs of the result, except this program */
	keyOf(inputs: readonly string[]): string {
		return digestOf([this.#program, ...inputs]);
	}

	/** The result of an earlier run; undefined if there is none, or if it is damaged. */
	async read(key: string): Promise<KeptResult | undefined> {
		if (this.#folder === undefined) return undefined;
		try {
			const text = (await readBounded(join(this.#folder, key), BYTES_MAX)).toString("utf8");
			const end = text.indexOf("\n");
			const body = text.slice(end + 1);
			return text.slice(0, end) === digestOf([key, body]) ? (JSON.parse(body) as KeptResult) : undefined;
		} catch {
			return undefined;
		}
	}

	/** Stores a result. A result that is too large, or that cannot be written, is not stored. */
	async write(key: string, { references, dynamicAccesses, warnings }: KeptResult): Promise<void> {
		if (this.#folder === undefined) return;
		const body = JSON.stringify({ references, dynamicAccesses, warnings } satisfies KeptResult);
		const text = `${digestOf([key, body])}\n${body}`;
		if (Buffer.byteLength(text) > BYTES_MAX) return;
		const temporary = join(this.#folder, `${key}.${process.pid}.tmp`);
		try {
			await writeFile(temporary, text, { flag: "wx", mode: 0o600 });
			await rename(temporary, join(this.#folder, key));
			this.#written++;
		} catch {
			await unlink(temporary).catch(() => undefined);
		}
	}

	/** Removes the oldest results if there are too many, and if this run has added any. */
	async close(): Promise<void> {
		if (this.#folder === undefined || this.#written === 0) return;
		const folder = this.#folder;
		try {
			const names = await readdir(folder);
			if (names.length <= RESULTS_MAX) return;
			const aged = await Promise.all(
				names.map(async (name) => ({ name, age: (await stat(join(folder, name))).mtimeMs })),
			);
			aged.sort((a, b) => a.age - b.age);
			const kept = aged.filter(({ name }) => NAME.test(name)).slice(-RESULTS_LEFT);
			const left = new Set(kept.map(({ name }) => name));
			for (const { name } of aged) if (!left.has(name)) await unlink(join(folder, name));
		} catch {
			// Another process removes results at the same time.
		}
	}
}
