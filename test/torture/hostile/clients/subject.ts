/** The subject (`subject.program.ts`) as a process that is built, started, told where to throw, and asked how it is. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { cleanEnvironment } from "../../../stories/support/project.ts";
import { PACKAGE_CACHE } from "../../../support/package-cache.ts";
import { ROOT } from "../../../support/root.ts";
import { instrument, type Replacement, type Site } from "./instrument.ts";
import type { Order, Ready, Report } from "./subject.program.ts";

export interface SubjectOptions {
	/** Which files of src/platform can be told to throw; none by default. */
	readonly fits?: (file: string) => boolean;
	readonly replacement?: Replacement | undefined;
}

export class Subject implements AsyncDisposable {
	readonly sites: readonly Site[];
	readonly ready: Ready;
	readonly #child: ChildProcess;
	readonly #folder: string;
	readonly #log: () => string;
	readonly #gone: Promise<never>;

	private constructor(child: ChildProcess, folder: string, ready: Ready, sites: Site[], log: () => string) {
		this.#child = child;
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
		// Where the code looks for what is built beside it.
		mkdirSync(join(folder, "dist"));
		for (const name of ["host", "analysis.cjs", "check.cjs", "compute.cjs", "egress.cjs"])
			symlinkSync(join(ROOT, "dist", name), join(folder, "dist", name));
		symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
		const outfile = join(folder, "dist", "subject.mjs");
		await build({
			entryPoints: [join(ROOT, "test/torture/hostile/clients/subject.program.ts")],
			outfile,
			bundle: true,
			packages: "external",
			platform: "node",
			format: "esm",
			target: "node20.19",
			sourcemap: "inline",
			// Until the subject has its own, which it has once all of its modules are there.
			banner: { js: "globalThis.__site = () => {}; globalThis.__after = (_, value) => value;" },
			logLevel: "silent",
			plugins: [instrument(fits, sites, replacement)],
		});
		const child = fork(outfile, [join(folder, "work")], {
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
		return new Subject(child, folder, ready, sites, () => log);
	}

	get pid(): number {
		return this.#child.pid ?? -1;
	}

	get isAlive(): boolean {
		return this.#child.exitCode === null && this.#child.signalCode === null;
	}

	/** The end of what it has logged. */
	get log(): string {
		return this.#log();
	}

	/**
	 * How it is, and what was passed since the last time.
	 * @param collectsGarbage before: otherwise the report's heap and descriptors say little
	 */
	async look({ collectsGarbage = false } = {}): Promise<Report> {
		return await this.#ask({ look: true, collectsGarbage });
	}

	/** Lets it throw once, at the place with this id; at none with -1. */
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
		// Its functions end by themselves, a little later.
		rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
	}
}
