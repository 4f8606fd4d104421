/** Opening, verifying and merging a vault as large as one can be. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cryptoReady } from "../../src/crypto.ts";
import { formatIdentity, identityOf } from "../../src/identity/identity.ts";
import { bundledProgram, type Program } from "../../test/support/bundle.ts";
import {
	amountRow,
	type Bench,
	type BenchContext,
	paired,
	type Row,
	type Timed,
	timeProcess,
} from "../harness.ts";

const RECORDS = 10_000;
const SMOKE_RECORDS = 30;
const TIMEOUT_MS = 300_000;

/** The tasks of `vault.program.ts` that have a limit, each with the task that is its floor. */
const TASKS = [
	{ task: "list", figure: "open all, marks known", limitMs: 250, floor: "opens" },
	{ task: "list", figure: "open all, marks known", limitMs: 250, floor: "parse" },
	{ task: "verifyCold", figure: "verify all, no marks", limitMs: 2_000, floor: "signatures" },
	{ task: "merge", figure: "merge driver, half changed on each side", limitMs: 1_000, floor: "signatures" },
	{
		task: "resolve",
		figure: "vault resolve, one secret in conflict",
		limitMs: 1_000,
		floor: "parse",
	},
] as const;

const FLOORS = {
	opens: "raw opens",
	parse: "parsing the text",
	signatures: "raw signature checks, one core",
} as const;

interface BenchVault {
	readonly context: BenchContext;
	readonly records: number;
	readonly program: Program;
}

function timedTask({ context, records, program }: BenchVault, task: string): Timed {
	return async () => {
		const { status, stdout, stderr } = await program.run(
			[task, context.folder, String(records)],
			{},
			TIMEOUT_MS,
		);
		if (status !== 0) throw new Error(`${task} exited with ${status}: ${stderr}`);
		return Number(stdout);
	};
}

async function measureTasks(place: BenchVault): Promise<Row[]> {
	const { context, records } = place;
	const rows: Row[] = [];
	for (const { task, figure, limitMs, floor } of TASKS) {
		const result = await paired(timedTask(place, task), timedTask(place, floor), context.pairs(5));
		rows.push(amountRow(`${records.toLocaleString("en")}: ${figure}`, limitMs, FLOORS[floor], result));
	}
	return rows;
}

/** The conflicted file that git leaves without the merge driver. */
async function leaveConflict(folder: string): Promise<void> {
	const files = ["ours/coffer.vault", "base", "theirs/coffer.vault"];
	const { stdout } = spawnSync("git", ["merge-file", "-p", "--diff3", ...files], {
		cwd: folder,
		maxBuffer: 1 << 28,
	});
	await writeFile(join(folder, "conflicted"), stdout);
}

function environmentOf(folder: string): NodeJS.ProcessEnv {
	return {
		PATH: process.env.PATH,
		GIT_CONFIG_GLOBAL: "/dev/null",
		GIT_CONFIG_SYSTEM: "/dev/null",
		GIT_AUTHOR_NAME: "bench",
		GIT_AUTHOR_EMAIL: "bench@example.com",
		GIT_COMMITTER_NAME: "bench",
		GIT_COMMITTER_EMAIL: "bench@example.com",
		COFFER_IDENTITY: formatIdentity(identityOf(new Uint8Array(32).fill(1))),
		XDG_STATE_HOME: join(folder, "home"),
	};
}

/**
 * Makes the project a repository with two branches and Coffer's merge driver. @returns a function that merges
 * them and returns the time
 */
function repository({ folder, program }: BenchContext, env: NodeJS.ProcessEnv): Timed {
	const cwd = join(folder, "project");
	const git = (...words: string[]) => execFileSync("git", words, { cwd, env, stdio: "pipe" });
	const commit = (branch: string, file: string) => {
		git("checkout", "-q", "-B", branch, ...(branch === "main" ? [] : ["main"]));
		copyFileSync(join(folder, file), join(cwd, "coffer.vault"));
		git("add", "coffer.vault");
		git("commit", "-q", "--no-verify", "-m", branch);
	};
	git("init", "-q", "-b", "main");
	execFileSync(process.execPath, ["--", program, "git", "setup"], {
		cwd,
		env,
		stdio: "pipe",
	});
	git("add", ".gitattributes");
	commit("main", "base");
	commit("theirs", "theirs.vault");
	commit("ours", "ours.vault");
	return async () => {
		git("reset", "-q", "--hard");
		git("checkout", "-q", "--detach", "ours");
		return timeProcess({ command: "git", args: ["merge", "-q", "-m", "merge", "theirs"], cwd, env });
	};
}

/** Whole commands, including their start. They have no target here. */
async function measureCommands({ context, records }: BenchVault): Promise<Row[]> {
	await cryptoReady;
	const env = environmentOf(context.folder);
	const cwd = join(context.folder, "project");
	const script = context.program;
	const coffer = (...words: string[]) =>
		timeProcess({ command: process.execPath, args: ["--", script, ...words], cwd, env });
	const commands: [string, Timed][] = [
		[
			"vault verify, no marks",
			async () => {
				await rm(join(context.folder, "home"), { recursive: true, force: true });
				return coffer("vault", "verify");
			},
		],
		["secrets list", () => coffer("secrets", "list")],
		["git merge with the driver", repository(context, env)],
	];
	const rows: Row[] = [];
	for (const [name, timed] of commands) {
		const result = await paired(timed, () => coffer("--version"), context.pairs(5));
		const figure = `${records.toLocaleString("en")}: whole '${name}'`;
		rows.push({
			...amountRow(figure, Number.POSITIVE_INFINITY, "coffer --version", result),
			target: "shown",
		});
	}
	return rows;
}

export const bench: Bench = {
	name: "a vault of 10,000 records",
	async run(context) {
		await using program = await bundledProgram("bench/vault/vault.program.ts");
		const records = context.smoke ? SMOKE_RECORDS : RECORDS;
		const place: BenchVault = { context, records, program };
		await timedTask(place, "make")(0);
		await leaveConflict(context.folder);
		const rows = await measureTasks(place);
		return [...rows, ...(await measureCommands(place))];
	},
};
