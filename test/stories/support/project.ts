/** A project in its own folder, on a simulated machine: with its own home, state and identity. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Result, Running, type Started } from "./process.ts";
import { wasStarted } from "./started-commands.ts";
import { sharedWarm, Warm } from "./warm.ts";

export const APP = "shop";

/** Commands that replace their process by another program, or run until a signal. */
const OWN_PROCESS = /^(platform start|run|watch|dev|functions serve)\b/;

const execute = promisify(execFile);

export interface CommandOptions {
	readonly input?: Started["input"];
	/** Variables for this command only. The value undefined removes one. */
	readonly env?: Readonly<Record<string, string | undefined>> | undefined;
	/** A folder below the project's folder. */
	readonly cwd?: string;
	readonly under?: Started["under"];
	readonly program?: Started["program"];
	/** Whether an error that no code expects is thrown in it. Only with `kept`. */
	readonly crashes?: boolean;
}

export interface ProjectOptions {
	/** `none`: no variable names an identity. */
	readonly identity?: string | "none";
	/** Additional variables for every command. */
	readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The text of a newly created identity. */
export function newIdentityText(): string {
	return `coffer-identity-1.${randomBytes(32).toString("base64url")}`;
}

/** This process's environment without variables for its user's own Coffer, keychain, agents and editor. (npm sets EDITOR.) */
export function cleanEnvironment(): Record<string, string> {
	const own =
		/^(COFFER_(?!DENO$)|(BASE44|DBUS|XDG)_|NODE_(OPTIONS|ENV)|VITEST|FORCE_COLOR|(CI|TEST|EDITOR|VISUAL)$)/;
	const entries = Object.entries(process.env).filter(
		(entry): entry is [string, string] => entry[1] !== undefined && !own.test(entry[0]),
	);
	return { ...Object.fromEntries(entries), NO_COLOR: "1" };
}

function defined(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
	);
}

export class Project {
	/** The folder of the simulated machine: `home`, `state`, `tmp` and the project's folder. */
	readonly machine: string;
	readonly root: string;
	readonly identity: string | undefined;
	/** The address of the platform with which `link` linked the project. */
	linkedAt: string | undefined;
	/** The environment of every command. */
	variables: Record<string, string | undefined>;
	readonly #running = new Set<Running>();
	#warm: { readonly process: Warm; readonly env: string } | undefined;

	constructor(options: ProjectOptions = {}) {
		this.machine = mkdtempSync(join(tmpdir(), "coffer-story-"));
		this.root = join(this.machine, "project");
		for (const name of ["home", "state", "tmp", "project"]) mkdirSync(join(this.machine, name));
		this.identity = options.identity === "none" ? undefined : (options.identity ?? newIdentityText());
		this.variables = {
			HOME: join(this.machine, "home"),
			XDG_STATE_HOME: join(this.machine, "state"),
			TMPDIR: join(this.machine, "tmp"),
			COFFER_IDENTITY: this.identity,
			// Stories play scripts that a person has allowed to read values. `reveal.test.ts` plays the others.
			COFFER_ALLOW_REVEAL: "1",
			...options.env,
		};
	}

	/** Starts a command and does not wait for its end. */
	start(args: readonly string[], options: CommandOptions = {}): Running {
		const running = new Running({
			args,
			cwd: join(this.root, options.cwd ?? ""),
			env: defined({ ...cleanEnvironment(), ...this.variables, ...options.env }),
			input: options.input,
			under: options.under,
			program: options.program,
		});
		this.#running.add(running);
		return running;
	}

	/**
	 * Runs a command to its end. The first call in a test file starts a process. Later calls with other arguments
	 * use a kept process, as `kept` does, if one fits. Use `start` for what must be a process each time.
	 */
	async coffer(args: readonly string[], options: CommandOptions = {}): Promise<Result> {
		const isFurther = wasStarted(args);
		const result = isFurther
			? await this.#inKeptProcess(args, options, (env) => this.#fitting(env))
			: undefined;
		return result ?? (await this.start(args, options).ended);
	}

	/**
	 * Runs a command to its end in a process that runs one command after the other, if the command behaves the
	 * same there. Use it to arrange a test, and for other arguments of a command that the test file has started
	 * with `coffer`. It takes a sixth of the processor time of a start.
	 */
	async kept(args: readonly string[], options: CommandOptions = {}): Promise<Result> {
		const result = await this.#inKeptProcess(args, options, (env) => this.#warmFor(env));
		return result ?? (await this.start(args, options).ended);
	}

	/**
	 * @returns undefined if the command behaves differently in a kept process, or if there is none for its
	 *   environment
	 */
	async #inKeptProcess(
		args: readonly string[],
		{ cwd = "", env: further, input, crashes, ...others }: CommandOptions,
		find: (env: Readonly<Record<string, string>>) => Warm | undefined,
	): Promise<Result | undefined> {
		const env = defined({ ...cleanEnvironment(), ...this.variables, ...further });
		const isAlone = Object.values(others).some((value) => value !== undefined);
		const warm = isAlone || OWN_PROCESS.test(args.join(" ")) ? undefined : find(env);
		return await warm?.run(args, join(this.root, cwd), env, input, crashes);
	}

	/** As `#warmFor`, but does not start a process for this project alone. */
	#fitting(env: Readonly<Record<string, string>>): Warm | undefined {
		const isOwn = this.#warm?.env === JSON.stringify(env) && this.#warm.process.isFree;
		return isOwn ? this.#warm?.process : sharedWarm(cleanEnvironment(), env);
	}

	/** A kept process that can now run a command in an environment. */
	#warmFor(env: Readonly<Record<string, string>>): Warm | undefined {
		const shared = sharedWarm(cleanEnvironment(), env);
		if (shared !== undefined) return shared;
		const key = JSON.stringify(env);
		if (this.#warm?.env !== key) {
			this.#warm?.process[Symbol.dispose]();
			this.#warm = { process: new Warm(env), env: key };
		}
		return this.#warm.process.isFree ? this.#warm.process : undefined;
	}

	/**
	 * Runs a command that must succeed. Use `coffer` for the commands that a test is about.
	 * @throws Error with its output
	 */
	async ok(args: readonly string[], options: CommandOptions = {}): Promise<Result> {
		const result = await this.kept(args, options);
		if (result.status === 0) return result;
		throw new Error(
			`coffer ${args[0]} ${args[1] ?? ""}: exit ${result.status}\n${result.stdout}${result.stderr}`,
		);
	}

	/**
	 * As `ok`, with `--json`.
	 * @returns the document
	 */
	// biome-ignore lint/suspicious/noExplicitAny: each story states what it expects of a document.
	async data(args: readonly string[], options: CommandOptions = {}): Promise<any> {
		return (await this.ok([...args, "--json"], options)).json();
	}

	/** The value of a secret in the vault. */
	async reveal(name: string): Promise<string> {
		return (await this.data(["secrets", "get", name, "--reveal"])).value;
	}

	write(path: string, content: string | Uint8Array): void {
		const target = join(this.root, path);
		mkdirSync(dirname(target), { recursive: true });
		writeFileSync(target, content);
	}

	writeAll(files: Readonly<Record<string, string>>): void {
		for (const [path, content] of Object.entries(files)) this.write(path, content);
	}

	read(path: string): string {
		return readFileSync(join(this.root, path), "utf8");
	}

	get vault(): string {
		return this.read("coffer.vault");
	}

	set vault(text: string) {
		this.write("coffer.vault", text);
	}

	async git(...args: readonly string[]): Promise<string> {
		const person = ["user.name=Story", "user.email=story@example.com"];
		const settings = [...person, "init.defaultBranch=main", "maintenance.auto=false"];
		const flags = settings.flatMap((setting) => ["-c", setting]);
		const { stdout } = await execute("git", [...flags, ...args], {
			cwd: this.root,
			env: { ...cleanEnvironment(), HOME: join(this.machine, "home") },
		});
		return stdout;
	}

	/** Ends the running processes and removes the machine's folder. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.#warm?.process[Symbol.dispose]();
		for (const running of this.#running) await running[Symbol.asyncDispose]();
		rmSync(this.machine, { recursive: true, force: true });
	}
}

/** Creates an initialised project. */
export async function newProject(options: ProjectOptions = {}): Promise<Project> {
	const project = new Project(options);
	try {
		await project.ok(["init"]);
		return project;
	} catch (error) {
		await project[Symbol.asyncDispose]();
		throw error;
	}
}
