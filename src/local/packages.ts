/**
 * What packages and modules of the web bring to a bundle, as far as they can be had. Deno fetches and bundles them;
 * what it cannot get stays an import, and is asked for once.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalBundle } from "./bundle.ts";

const TIMEOUT_MS = 60_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
/** Where Deno keeps what it fetched, as it stands in a source map. */
const NPM_PATH = /^.*\/npm\/.+?\/((?:@[^/]+\/)?[^/@]+)\/(\d[^/]*)\/(.+)$/;

export interface PackagesOptions {
	/** A native Deno binary; undefined where there is none, and nothing can be had. */
	readonly deno: string | undefined;
	/** A folder for what was fetched, which is kept. */
	readonly cache: string;
	/** What Deno needs of the environment for network and certificates. */
	readonly passthrough: Readonly<Record<string, string>>;
}

export interface CompleteBundle {
	readonly code: string;
	/** JSON. Its sources are `local:/PATH`, `npm:pkg@1.2.3/file.js`, and URLs. */
	readonly sourceMap: string;
	/** What could not be had. */
	readonly missing: readonly string[];
}

export class Packages {
	readonly #options: PackagesOptions;
	readonly #folders = new Set<string>();
	/** Specifiers, and hosts of the web, that cannot be had. */
	readonly #gone = new Set<string>();
	/** Those that can. */
	readonly #had = new Set<string>();

	constructor(options: PackagesOptions) {
		this.#options = options;
	}

	/** A bundle with what its remote imports bring. */
	async complete(bundle: LocalBundle): Promise<CompleteBundle> {
		const { deno } = this.#options;
		for (;;) {
			const wanted = bundle.remote.filter((specifier) => !this.#isGone(specifier));
			const missing = bundle.remote.filter((specifier) => this.#isGone(specifier));
			if (wanted.length === 0 || deno === undefined)
				return { code: bundle.code, sourceMap: bundle.sourceMap, missing: bundle.remote };
			const outcome = await this.#bundle(deno, bundle, missing);
			if ("code" in outcome) return { ...outcome, missing };
			await this.#findMissing(deno, wanted);
			// Where each can be had, and not all together, nobody can tell which is to blame.
			if (wanted.every((specifier) => !this.#isGone(specifier)))
				for (const specifier of wanted) this.#gone.add(specifier);
		}
	}

	/** Asks for each by itself: where one cannot be had, Deno may blame another. */
	async #findMissing(deno: string, wanted: readonly string[]): Promise<void> {
		for (const specifier of wanted) {
			if (this.#had.has(specifier) || this.#isGone(specifier)) continue;
			const code = `import ${JSON.stringify(specifier)};`;
			const outcome = await this.#bundle(deno, { code, sourceMap: "{}", left: [] }, []);
			if ("code" in outcome) this.#had.add(specifier);
			else this.#giveUp(specifier, outcome.fault);
		}
	}

	/** Removes what an interrupted run would leave. */
	async close(): Promise<void> {
		await Promise.all([...this.#folders].map((folder) => rm(folder, { recursive: true, force: true })));
	}

	#isGone(specifier: string): boolean {
		return this.#gone.has(specifier) || this.#gone.has(hostOf(specifier) ?? specifier);
	}

	#giveUp(specifier: string, fault: string): void {
		this.#gone.add(specifier);
		const host = hostOf(specifier);
		// A host that does not answer is not asked for anything else.
		if (host !== undefined && /error sending request|dns error|timed out/i.test(fault)) this.#gone.add(host);
	}

	async #bundle(
		deno: string,
		{ code, left, sourceMap }: Pick<LocalBundle, "code" | "left" | "sourceMap">,
		missing: readonly string[],
	): Promise<{ code: string; sourceMap: string } | { fault: string }> {
		await mkdir(this.#options.cache, { recursive: true });
		const folder = await mkdtemp(join(tmpdir(), "coffer-references-"));
		this.#folders.add(folder);
		try {
			const inline = Buffer.from(sourceMap, "utf8").toString("base64");
			const comment = `//# sourceMappingURL=data:application/json;base64,${inline}\n`;
			await writeFile(join(folder, "local.js"), `${withoutMissing(code, missing)}\n${comment}`);
			await writeFile(join(folder, "deno.json"), '{"nodeModulesDir": "none"}');
			const fixed = ["--quiet", "--config", "deno.json", "--no-lock", "--platform=deno"];
			const output = ["--sourcemap=external", "--output=out.js"];
			const others = [...left, ...missing.map(renamed)].map((specifier) => `--external=${specifier}`);
			const fault = await this.#run(deno, ["bundle", ...fixed, ...output, ...others, "local.js"], folder);
			if (fault !== undefined) return { fault };
			// What it cannot resolve makes it write nothing, and say nothing.
			if (!existsSync(join(folder, "out.js"))) return { fault: "" };
			const [text, map] = await Promise.all([
				readFile(join(folder, "out.js"), "utf8"),
				readFile(join(folder, "out.js.map"), "utf8"),
			]);
			return { code: text, sourceMap: withNames(map) };
		} finally {
			await rm(folder, { recursive: true, force: true });
			this.#folders.delete(folder);
		}
	}

	/** @returns what it said where it failed */
	#run(deno: string, args: readonly string[], cwd: string): Promise<string | undefined> {
		const env = {
			...this.#options.passthrough,
			DENO_DIR: this.#options.cache,
			NO_COLOR: "1",
			DENO_NO_UPDATE_CHECK: "1",
		};
		const limits = { timeout: TIMEOUT_MS, maxBuffer: OUTPUT_BYTES_MAX, killSignal: "SIGKILL" } as const;
		return new Promise((resolve) => {
			execFile(deno, args, { cwd, env, ...limits }, (error, _, stderr) => {
				if (error === null) resolve(undefined);
				else resolve(error.killed === true ? `timed out\n${stderr}` : stderr);
			});
		});
	}
}

/** Deno asks for a package although it is to stay outside, unless it does not know it for one. */
const renamed = (specifier: string) => `missing:${specifier}`;

function withoutMissing(code: string, missing: readonly string[]): string {
	return missing.reduce(
		(text, specifier) => text.replaceAll(JSON.stringify(specifier), JSON.stringify(renamed(specifier))),
		code,
	);
}

function hostOf(specifier: string): string | undefined {
	if (specifier.startsWith("jsr:")) return "jsr.io";
	return specifier.startsWith("https:") ? new URL(specifier).host : undefined;
}

function withNames(map: string): string {
	const parsed = JSON.parse(map) as { sources: (string | null)[] };
	parsed.sources = parsed.sources.map((source) => {
		if (source === null || /^[a-z][a-z0-9+.-]+:/i.test(source)) return source;
		const [, name, version, file] = NPM_PATH.exec(source) ?? [];
		return name === undefined ? source : `npm:${name}@${version}/${file}`;
	});
	return JSON.stringify(parsed);
}
