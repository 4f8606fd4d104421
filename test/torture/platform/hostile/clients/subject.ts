/**
 * The tested process (`subject.program.ts`): builds it, starts it, tells it where to throw, and reads its
 * reports.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { Authority } from "../../../../stories/support/network/authority.ts";
import { cleanEnvironment } from "../../../../stories/support/project.ts";
import { PACKAGE_CACHE } from "../../../../support/package-cache.ts";
import { ROOT } from "../../../../support/root.ts";
import { instrument, type Replacement, type Site } from "./instrument.ts";
import type { Order, Ready, Report } from "./subject.program.ts";

export interface SubjectOptions {
	/** The files of src/platform that get fault points; none by default. */
	readonly fits?: (file: string) => boolean;
	readonly replacement?: Replacement | undefined;
}

/**
 * Builds the program. @param outfile its path @param instrumentation inserts fault points, and a planted bug
 * @throws Error if the instrumented code is not valid
 */
export async function buildSubject(outfile: string, instrumentation: Plugin): Promise<void> {
	await build({
		entryPoints: [join(ROOT, "test/torture/platform/hostile/clients/subject.program.ts")],
		outfile,
		bundle: true,
		packages: "external",
		platform: "node",
		format: "esm",
		target: "node20.19",
		sourcemap: "inline",
		// A temporary definition, until all modules of the subject are loaded.
		banner: { js: "globalThis.__site = () => {}; globalThis.__after = (_, value) => value;" },
		logLevel: "silent",
		plugins: [instrumentation],
	});
}

export class Subject implements AsyncDisposable {
	readonly sites: readonly Site[];
	readonly ready: Ready;
	readonly #child: ChildProcess;
	readonly #folder: string;
	readonly #authority: Authority;
	readonly #log: () => string;
	readonly #gone: Promise<never>;

	private constructor(
		child: ChildProcess,
		{ authority, folder }: { authority: Authority; folder: string },
		ready: Ready,
		sites: Site[],
		log: () => string,
	) {
		this.#child = child;
		this.#authority = authority;
		this.#gone = once(child, "exit").then(() => Promise.reject(new Error("The subject has ended.")));
		this.#gone.catch(() => undefined);
		this.#folder = folder;
		this.#log = log;
		this.ready = ready;
		this.sites = sites;
	}

	static async start({ fits = () => false, replacement }: SubjectOptions = {}): Promise<Subject> {
		const folder = mkdtempSync(join(tmpdir(), "coffer-hostile-"));
		const sites: Site[] = [];
		// The folder in which the code looks for its other built files.
		mkdirSync(join(folder, "dist"));
		for (const name of ["host", "analysis.cjs", "check.cjs", "compute.cjs", "egress.cjs"])
			symlinkSync(join(ROOT, "dist", name), join(folder, "dist", name));
		symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
		const outfile = join(folder, "dist", "subject.mjs");
		await buildSubject(outfile, instrument(fits, sites, replacement));
		const authority = new Authority();
		const { cert, key } = authority.issue("gateway");
		const child = fork(outfile, [join(folder, "work"), cert, key], {
			execArgv: ["--expose-gc"],
			env: { ...cleanEnvironment(), XDG_CACHE_HOME: PACKAGE_CACHE },
			stdio: ["ignore", "ignore", "pipe", "ipc"],
		});
		let log = "";
		child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			log = (log + text).slice(-20_000);
		});
		const failed = once(child, "exit").then(() =>
			Promise.reject(new Error(`The subject did not start:\n${log}`)),
		);
		const [ready] = (await Promise.race([once(child, "message"), failed])) as [Ready];
		failed.catch(() => undefined);
		return new Subject(child, { authority, folder }, ready, sites, () => log);
	}

	get pid(): number {
		return this.#child.pid ?? -1;
	}

	get isAlive(): boolean {
		return this.#child.exitCode === null && this.#child.signalCode === null;
	}

	/** The end of its log. */
	get log(): string {
		return this.#log();
	}

	/**
	 * Its report, with the fault points that were passed since the last one.
	 * @param collectsGarbage whether to collect garbage first; otherwise heap and descriptors in the report
	 * mean little
	 */
	async look({ collectsGarbage = false } = {}): Promise<Report> {
		return await this.#ask({ look: true, collectsGarbage });
	}

	/** Makes it throw once, at the fault point with this id; with -1, at none. */
	async arm(id: number): Promise<Report> {
		return await this.#ask({ arm: id });
	}

	async #ask(order: Order): Promise<Report> {
		if (!this.isAlive) throw new Error("The subject has ended.");
		const answered = once(this.#child, "message");
		this.#child.send(order);
		const [report] = (await Promise.race([answered, this.#gone])) as [Report];
		return report;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.isAlive) {
			const exited = once(this.#child, "exit");
			this.#child.kill("SIGKILL");
			await exited;
		}
		this.#authority[Symbol.dispose]();
		// Its functions end by themselves, shortly after.
		rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
	}
}
