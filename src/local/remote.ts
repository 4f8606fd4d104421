/**
 * Fetches remote modules, and finds their files. Deno fetches them into its own cache, so nothing is downloaded twice.
 * npm packages are installed into a temporary folder, for Node's resolution. A module that cannot be fetched is
 * requested once.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../errors.ts";
import { runCommand } from "../platform/machine/run-command.ts";
import { type DenoSearch, findDeno } from "../platform/runtime/deno-binary.ts";
import { type DenoModule, parseInfo } from "./deno-info.ts";
import { hostOf, silentHosts } from "./hosts.ts";
import { moduleIdentity } from "./identity.ts";
import { splitPackage } from "./target.ts";

export interface RemoteOptions {
	readonly deno: DenoSearch;
	/** Deno's whole environment: it contains proxies, certificates, the registry, and the cache's path. */
	readonly environment: Readonly<Record<string, string>>;
	/** An empty folder that must exist as long as the modules are used. */
	readonly folder: string;
	readonly signal: AbortSignal;
}

export type Found =
	/** esbuild resolves the specifier from the folder. */
	| { kind: "package"; specifier: string; folder: string }
	| { kind: "module"; module: DenoModule }
	| { kind: "runtime"; specifier: string }
	| { kind: "nothing"; why: string };

/** The time limit of Deno, in milliseconds. A first run may download some hundred packages. */
const INFO_MS = 120_000;
const INSTALL_MS = 600_000;
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

export class Remotes {
	readonly #options: RemoteOptions;
	readonly #found = new Map<string, Found>();
	/** The modules that others import, by URL. */
	readonly #modules = new Map<string, DenoModule>();
	/** The folder of each installed npm requirement. */
	readonly #packages = new Map<string, { alias: string; folder: string }>();
	/** The results of `identityOf`. */
	readonly #identities = new Map<string, string>();
	/** The specifiers that were found and are not installed yet. */
	#asked: readonly string[] = [];
	#folders = 0;

	constructor(options: RemoteOptions) {
		this.#options = options;
	}

	/** The folder of packages. */
	get folder(): string {
		return this.#options.folder;
	}

	/** A module that was fetched. */
	moduleAt(url: string): DenoModule | undefined {
		return this.#modules.get(url);
	}

	/** The target of a specifier; undefined if it was not fetched yet. @param specifier `npm:`, `jsr:` or a URL */
	leadOf(specifier: string): Found | undefined {
		return this.#found.get(specifier);
	}

	/** The target of an import in a fetched module. */
	findFrom(importer: string, specifier: string): Found {
		const target = this.#modules.get(importer)?.imports.get(specifier) ?? specifier;
		return this.#leadsTo(target);
	}

	/**
	 * Finds the modules that are available, with all that they import. Does not throw for unavailable ones. `layOut`
	 * prepares them for a bundle. @throws the signal's reason when it is aborted
	 */
	async find(specifiers: Iterable<string>): Promise<void> {
		this.#asked = [];
		const wanted = [...new Set(specifiers)].filter((one) => !this.#found.has(one));
		const silent = await silentHosts(wanted, this.#options.environment);
		const asked: string[] = [];
		for (const specifier of wanted) {
			const host = silent.of(specifier);
			if (host === undefined) asked.push(specifier);
			else this.#found.set(specifier, { kind: "nothing", why: `${host} does not answer` });
		}
		if (asked.length === 0) return;
		let deno: string;
		try {
			deno = await findDeno(this.#options.deno);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			for (const one of asked)
				this.#found.set(one, { kind: "nothing", why: "Deno, which downloads it, is not installed" });
			return;
		}
		// Modules of a silent host must not delay those of other hosts.
		const hosts = new Set(asked.map((one) => hostOf(one, this.#options.environment)));
		const lookAt = (host: string | undefined) =>
			this.#look(
				deno,
				asked.filter((one) => hostOf(one, this.#options.environment) === host),
			);
		await Promise.all([...hosts].map(lookAt));
		this.#asked = asked;
	}

	/**
	 * Installs the packages of all modules that were found. Does not throw for packages that cannot be downloaded. @throws
	 * the signal's reason when it is aborted
	 */
	async layOut(): Promise<void> {
		const asked = this.#asked;
		if (asked.length === 0) return;
		const deno = await findDeno(this.#options.deno);
		const requirements = [...this.#modules.values(), ...asked.map((specifier) => ({ specifier, kind: "" }))]
			.filter(({ kind, specifier }) => kind === "npm" || specifier.startsWith("npm:"))
			.filter(({ specifier }) => this.#modules.get(specifier)?.error === undefined)
			.flatMap(({ specifier }) => splitPackage(specifier)?.requirement ?? []);
		await this.#lay(
			deno,
			[...new Set(requirements)].filter((one) => !this.#packages.has(one)),
		);
		for (const specifier of asked) this.#found.set(specifier, this.#leadsTo(specifier));
		this.#asked = [];
		// A package that could not be installed has an error now.
		this.#identities.clear();
	}

	/**
	 * The hash of a module that was found, and of all modules that it imports: exact versions of packages, hashes of other
	 * modules, and errors.
	 */
	identityOf(specifier: string): string {
		let identity = this.#identities.get(specifier);
		if (identity === undefined) {
			const found = this.#modules.has(specifier) ? undefined : this.#found.get(specifier);
			identity = found?.kind === "nothing" ? found.why : moduleIdentity(specifier, this.#modules);
			this.#identities.set(specifier, identity);
		}
		return identity;
	}

	/** Lets Deno read the graph of all specifiers at once. An error of one module does not affect the others. */
	async #look(deno: string, specifiers: readonly string[]): Promise<void> {
		const folder = await this.#newFolder();
		const lines = specifiers.map((one) => `import ${JSON.stringify(one)};\n`);
		await writeFile(join(folder, "roots.ts"), lines.join(""));
		const args = ["info", "--json", "--no-lock", "--no-config", "--node-modules-dir=none", "roots.ts"];
		const { code, stdout, stderr, timedOut } = await this.#run(deno, args, folder, INFO_MS);
		if (code === 0) {
			for (const [name, module] of parseInfo(stdout)) this.#modules.set(name, module);
		} else if (specifiers.length > 1 && !timedOut) {
			const middle = specifiers.length >> 1;
			await this.#look(deno, specifiers.slice(0, middle));
			await this.#look(deno, specifiers.slice(middle));
		} else {
			const error = timedOut ? "it took too long" : lastLine(stderr);
			for (const specifier of specifiers)
				this.#modules.set(specifier, { kind: "", specifier, imports: new Map(), error });
		}
	}

	/** Installs packages. If one fails, the others are still installed. */
	async #lay(deno: string, requirements: readonly string[]): Promise<void> {
		if (requirements.length === 0) return;
		const folder = await this.#newFolder();
		const dependencies = Object.fromEntries(requirements.map((one, index) => [`p${index}`, one]));
		await writeFile(join(folder, "package.json"), JSON.stringify({ dependencies }));
		const args = ["install", "--quiet", "--no-lock", "--node-modules-dir=auto"];
		const { code, stderr, timedOut } = await this.#run(deno, args, folder, INSTALL_MS);
		if (code === 0) {
			for (const [index, one] of requirements.entries())
				this.#packages.set(one, { alias: `p${index}`, folder });
		} else if (requirements.length > 1 && !timedOut) {
			const middle = requirements.length >> 1;
			await this.#lay(deno, requirements.slice(0, middle));
			await this.#lay(deno, requirements.slice(middle));
		} else {
			const error = timedOut ? "it took too long" : lastLine(stderr);
			for (const specifier of requirements)
				this.#modules.set(specifier, { kind: "npm", specifier, imports: new Map(), error });
		}
	}

	#leadsTo(specifier: string): Found {
		if (specifier.startsWith("node:")) return { kind: "runtime", specifier };
		const module = this.#modules.get(specifier);
		if (module?.error !== undefined) return { kind: "nothing", why: module.error };
		const parts = specifier.startsWith("npm:") ? splitPackage(specifier) : undefined;
		if (parts !== undefined) {
			const laid = this.#packages.get(parts.requirement);
			const why = this.#modules.get(parts.requirement)?.error ?? "it is not a package";
			if (laid === undefined) return { kind: "nothing", why };
			return { kind: "package", specifier: laid.alias + parts.path, folder: laid.folder };
		}
		if (module?.local === undefined) return { kind: "nothing", why: "it was not found" };
		return { kind: "module", module };
	}

	async #newFolder(): Promise<string> {
		const folder = join(this.#options.folder, String(this.#folders++));
		await mkdir(folder);
		return folder;
	}

	async #run(deno: string, args: readonly string[], cwd: string, timeoutMs: number) {
		const { environment, signal } = this.#options;
		const own = { DENO_NO_UPDATE_CHECK: "1", DENO_NO_PROMPT: "1", NO_COLOR: "1" };
		const command = { file: deno, args, cwd, environment: { ...environment, ...own } };
		const outcome = await runCommand(command, { timeoutMs, outputBytesMax: OUTPUT_BYTES_MAX, signal });
		signal.throwIfAborted();
		return outcome;
	}
}

function lastLine(stderr: string): string {
	const line = stderr.split("\n").find((one) => one.startsWith("error: ")) ?? "Deno cannot download it";
	return line.replace(/^error: /, "").replace(/\.$/, "");
}
