/**
 * Commands of Coffer beside the same commands of other tools for secrets: the start, one value, one change, and a run
 * of a program, with 100 encrypted secrets. Tools that are not installed in this project are installed in a temporary
 * folder, in pinned versions and without their install scripts. The short form has the installed one alone.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BASE44_CLI, ensureBase44Cli } from "../../scripts/set-up/base44-cli.mjs";
import { type Bench, type BenchContext, type Paired, paired, type Row, timeProcess } from "../harness.ts";

const SECRETS = 100;
/** The short form has fewer, since dotenvx takes longer for each. */
const SMOKE_SECRETS = 10;
/** Node 22, which varlock and wrangler need. Coffer runs with the same Node as the tool beside it. */
const NODE = `node-${process.platform}-${process.arch}`;
const PACKAGES = [`${NODE}@22.23.3`, "varlock@1.20.0", "wrangler@4.164.0", "supabase@3.1.0"];
const PAIRS = 11;

/** A tool, ready to be timed in a folder with 100 secrets. */
interface Tool {
	readonly name: string;
	/** The Node that runs it, and runs Coffer beside it. */
	readonly node: string;
	readonly command: string;
	/** Arguments that come before those of each command. */
	readonly before: readonly string[];
	readonly cwd: string;
	/** By the name of Coffer's command. A tool without a local command for it has none. */
	readonly commands: Readonly<Partial<Record<keyof typeof COFFER, readonly string[]>>>;
}

const COFFER = {
	"--version": ["--version"],
	get: ["secrets", "get", "SECRET_5", "--reveal"],
	set: ["secrets", "set", "SECRET_5=changed", "--no-sync"],
	run: ["run", "--", "true"],
} as const;

function runNow(
	command: string,
	args: readonly string[],
	cwd: string,
	env: NodeJS.ProcessEnv,
	input = "",
): string {
	const { status, stderr, stdout } = spawnSync(command, args, { cwd, env, input, encoding: "utf8" });
	if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${stderr}`);
	return stdout;
}

function makeFolder(parent: string, name: string): string {
	const folder = join(parent, name);
	mkdirSync(folder, { recursive: true });
	return folder;
}

const lines = (value: (index: number) => string, count = SECRETS) =>
	Array.from({ length: count }, (_, index) => `SECRET_${index}=${value(index)}\n`).join("");

/** dotenvx with an encrypted `.env` file. */
function dotenvx(context: BenchContext, env: NodeJS.ProcessEnv): Tool {
	const { folder, root } = context;
	const cwd = makeFolder(folder, "dotenvx");
	writeFileSync(
		join(cwd, ".env"),
		lines((index) => `value-${index}`, context.smoke ? SMOKE_SECRETS : SECRETS),
	);
	const cli = join(root, "node_modules/@dotenvx/dotenvx/src/cli/dotenvx.js");
	runNow(process.execPath, [cli, "encrypt", "--quiet"], cwd, env);
	return {
		name: "dotenvx 2.38.2",
		node: process.execPath,
		command: process.execPath,
		before: [cli],
		cwd,
		commands: {
			"--version": ["--version"],
			get: ["get", "SECRET_5"],
			set: ["set", "SECRET_5", "changed"],
			run: ["run", "--quiet", "--", "true"],
		},
	};
}

/** varlock with values that are encrypted for this device. It has no command that sets a value. */
function varlock(modules: string, node: string, folder: string, env: NodeJS.ProcessEnv): Tool {
	const cwd = makeFolder(folder, "varlock");
	const cli = join(modules, "varlock/bin/cli.js");
	writeFileSync(join(cwd, ".env.schema"), lines(() => "").replaceAll("SECRET_", "# @sensitive\nSECRET_"));
	const said = runNow(node, [cli, "encrypt"], cwd, env, "value");
	const sealed = /varlock\("?local:[^)]*\)/.exec(said)?.[0];
	if (sealed === undefined) throw new Error("varlock encrypted nothing.");
	writeFileSync(
		join(cwd, ".env.local"),
		lines(() => sealed),
	);
	const commands = { "--version": ["--version"], get: ["printenv", "SECRET_5"], run: ["run", "--", "true"] };
	return { name: "varlock 1.20.0", node, command: node, before: [cli], cwd, commands };
}

/** The tools whose commands for secrets need their service: their start alone. */
function startsOnly(modules: string, node: string, folder: string): Tool[] {
	const cwd = makeFolder(folder, "empty");
	const commands = { "--version": ["--version"] };
	const supabase = join(modules, `@supabase/cli-${process.platform}-${process.arch}/bin/supabase`);
	const wrangler = join(modules, "wrangler/bin/wrangler.js");
	return [
		{ name: "wrangler 4.164.0", node, command: node, before: [wrangler], cwd, commands },
		{ name: "supabase 3.1.0", node, command: supabase, before: [], cwd, commands },
		{ name: "base44 0.1.18", node, command: node, before: [BASE44_CLI], cwd, commands },
	];
}

async function otherTools({ folder, smoke }: BenchContext, env: NodeJS.ProcessEnv): Promise<Tool[]> {
	if (smoke) return [];
	await ensureBase44Cli();
	const place = makeFolder(folder, "tools");
	const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
	runNow("npm", ["install", "--prefix", place, ...quiet, ...PACKAGES], place, process.env);
	const modules = join(place, "node_modules");
	const node = join(modules, NODE, "bin/node");
	return [varlock(modules, node, folder, env), ...startsOnly(modules, node, folder)];
}

function row(figure: string, name: string, { floorMs, ratio, subjectMs }: Paired): Row {
	return {
		figure,
		target: "none",
		measured: `${ratio.toFixed(2)} × (${subjectMs.toFixed(0)} ms)`,
		beside: `${name}: ${floorMs.toFixed(0)} ms`,
		reached: true,
	};
}

/** Measures Coffer's commands beside those of a tool, in turns. */
async function beside(
	context: BenchContext,
	cwd: string,
	env: NodeJS.ProcessEnv,
	tool: Tool,
): Promise<Row[]> {
	const rows: Row[] = [];
	for (const [name, args] of Object.entries(COFFER)) {
		const theirs = tool.commands[name as keyof typeof COFFER];
		if (theirs === undefined) continue;
		const coffer = () => timeProcess({ command: tool.node, args: [context.program, ...args], cwd, env });
		const other = () =>
			timeProcess({ command: tool.command, args: [...tool.before, ...theirs], cwd: tool.cwd, env });
		const result = await paired(coffer, other, context.pairs(PAIRS));
		rows.push(row(`coffer ${args.join(" ")}`, `${tool.name}, ${theirs.join(" ")}`, result));
	}
	return rows;
}

export const bench: Bench = {
	name: "comparison",
	async run(context) {
		const home = makeFolder(context.folder, "home");
		const env = {
			...process.env,
			HOME: home,
			XDG_CONFIG_HOME: join(home, "config"),
			XDG_STATE_HOME: join(home, "state"),
			COFFER_IDENTITY_FILE: join(home, "identity"),
			// The value is printed into nothing, and no person is there.
			COFFER_ALLOW_REVEAL: "1",
			// The tools report no usage and ask for no newer version.
			DO_NOT_TRACK: "1",
			WRANGLER_SEND_METRICS: "false",
			BASE44_DISABLE_TELEMETRY: "1",
			BASE44_CLI_TEST_OVERRIDES: '{"latestVersion":null}',
		};
		const cwd = makeFolder(context.folder, "coffer");
		const coffer = (...args: string[]) => runNow(process.execPath, [context.program, ...args], cwd, env);
		coffer("init");
		writeFileSync(
			join(context.folder, "all.env"),
			lines((index) => `value-${index}`, context.smoke ? SMOKE_SECRETS : SECRETS),
		);
		coffer("secrets", "set", "--env-file", join(context.folder, "all.env"), "--no-sync");
		const rows: Row[] = [];
		for (const tool of [dotenvx(context, env), ...(await otherTools(context, env))])
			rows.push(...(await beside(context, cwd, env, tool)));
		return rows;
	},
};
