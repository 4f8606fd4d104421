/**
 * Looks for secret values, in every encoding, in what every command prints: when it succeeds, when its arguments are
 * wrong and contain a value, and when it crashes. All commands run with COFFER_DEBUG.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesBelow } from "../../support/files-below.ts";
import { ROOT } from "../../support/root.ts";
import { formsOf } from "../../support/values/forms.ts";
import { link, sharedPlatform } from "../support/platform.ts";
import { type CommandOptions, newProject, type Project } from "../support/project.ts";

/** Characters that differ between encodings. */
const CANARIES = ["cAnary+one/1 é&xyzzy-every-0001", "cAnary+two/2 é&xyzzy-every-0002"];
const NEEDLES = CANARIES.flatMap(formsOf);
const [CANARY = ""] = CANARIES;

interface Way {
	readonly args?: readonly string[];
	readonly input?: string;
	readonly env?: CommandOptions["env"];
	/** Its exit status; by default 0. */
	readonly status?: number;
}

const PASSPHRASE = { input: "a passphrase that is long enough\n" };
const OFFLINE = "http://127.0.0.1:9";

/** How each command is run, in this order. */
const WAYS: Readonly<Record<string, Way>> = {
	init: { status: 5 },
	"secrets set": { args: ["A", "--stdin"], input: CANARY },
	"secrets list": {},
	"secrets get": { args: ["A"] },
	"secrets history": { args: ["A"] },
	"secrets rename": { args: ["A", "RENAMED"] },
	"secrets check": { args: ["given.env"], status: 1 },
	import: { args: ["given.env", "--dialect", "dotenv"] },
	"secrets export": { args: ["--output", "../exported.env", "--reveal"] },
	"secrets edit": { args: ["--yes"], env: { EDITOR: "true" } },
	"environments create": { args: ["preview"] },
	"environments list": {},
	"environments default": { args: ["production"] },
	"secrets copy": { args: ["--from", "production", "--to", "preview", "--all"] },
	"secrets diff": { args: ["production", "preview"] },
	"secrets rollback": { args: ["GIVEN", "--to", "1"] },
	"secrets note": { args: ["RENAMED", "-"], input: CANARY, status: 2 },
	"requests ask": { args: ["WANTED", "--reason", "The function needs it"] },
	requests: {},
	"requests fill": { args: ["WANTED", "--stdin"], input: CANARY },
	"requests accept": { args: ["WANTED"], status: 4 },
	"requests decline": { args: ["WANTED", "--reason", "Not needed"], status: 4 },
	status: {},
	sync: {},
	plan: { args: ["RENAMED"] },
	types: {},
	scan: { args: ["."], status: 8 },
	doctor: { args: ["--fix"] },
	"functions deploy": {},
	"functions list": {},
	"functions logs": { args: ["one"] },
	"functions new": { args: ["two"] },
	"functions references": {},
	"functions invoke": { args: ["one", "--linked"] },
	"functions delete": { args: ["one"] },
	"apps list": {},
	"apps hosts add": { args: ["shop", "shop.example"] },
	"apps hosts list": {},
	"apps hosts remove": { args: ["shop.example"] },
	"platform status": {},
	"platform token create": { args: ["--scope", "read"] },
	"platform token list": {},
	"platform token revoke": { args: ["tok_0123456789abcdef"], status: 4 },
	console: { args: ["--no-open"] },
	complete: { args: ["secrets", "get", ""] },
	completion: { args: ["bash"] },
	"git setup": {},
	"git check": {},
	"git textconv": { args: ["coffer.vault"] },
	"git merge": { args: ["base", "ours", "theirs"] },
	"identity show": {},
	"identity export": { args: ["../identity.txt", "--passphrase-stdin"], ...PASSPHRASE },
	"identity import": { args: ["../identity.txt", "--passphrase-stdin"], ...PASSPHRASE, status: 5 },
	"identity new": { status: 5 },
	"identity rotate": { args: ["--name", "next"], status: 2 },
	"members list": {},
	"members add": { args: ["KEY", "--name", "ben"] },
	"members role": { args: ["ben", "reader"] },
	"members remove": { args: ["ben"] },
	"members debt": {},
	"members debt accept": { args: ["RENAMED"] },
	"platform identity export": { args: ["../p.txt", "--passphrase-stdin"], ...PASSPHRASE, status: 3 },
	"platform identity import": { args: ["../p.txt", "--passphrase-stdin"], ...PASSPHRASE, status: 4 },
	"platform backup": { args: ["../backup", "--data", "../none"], status: 4 },
	"platform restore": { args: ["../backup", "--data", "../none"], status: 4 },
	"platform migrate": { args: ["--from", "../none", "--to", "../new"], status: 4 },
	"platform stop": { args: ["--data", "../none"] },
	"vault verify": {},
	"vault reseal": {},
	"vault accept": {},
	"vault resolve": {},
	"vault restore": { args: ["RENAMED", "--version", "1"] },
	"secrets delete": { args: ["GIVEN"] },
	"environments delete": { args: ["preview", "--yes"] },
	"apps delete": { args: ["shop", "--yes"] },
	unlink: {},
	link: { args: [OFFLINE, "--app", "x"], status: 6 },
	"link base44": { args: ["--app", "x"], status: 2 },
	"link cloudflare": { args: ["--account", "x", "--worker", "y"], status: 2 },
	"link github": { args: ["--repo", "x/y"], status: 2 },
	"link supabase": { args: ["--project", "x"], status: 2 },
	"import base44": { args: ["--app", "x", "--url", OFFLINE], status: 6 },
	run: { args: ["--", "true"] },
};

/** Commands that run until a signal, with what they print when they run. */
const SERVERS: Readonly<Record<string, { readonly args?: readonly string[]; readonly ready: RegExp }>> = {
	watch: { ready: /./ },
	dev: { args: ["--port", "0"], ready: /./ },
	"functions serve": { args: ["--port", "0"], ready: /./ },
};

/** A linked project with a deployed function, and the public key of another member. */
interface Prepared extends AsyncDisposable {
	readonly project: Project;
	readonly key: string;
}

async function prepare(): Promise<Prepared> {
	const [project, platform, other] = await Promise.all([newProject(), sharedPlatform(), newProject()]);
	await link(project, platform);
	project.writeAll({
		"given.env": `GIVEN='${CANARIES[1]}'\n`,
		"functions/one.ts": 'Deno.serve(() => new Response(String(Deno.env.get("RENAMED")?.length)));',
	});
	for (const name of ["base", "ours", "theirs"]) project.write(name, project.vault);
	await project.git("init", "--quiet");
	await project.ok(["functions", "deploy"]);
	const { publicKey } = await other.data(["identity", "show"]);
	const close = async () => {
		for (const each of [project, platform, other]) await each[Symbol.asyncDispose]();
	};
	return { project, key: publicKey, [Symbol.asyncDispose]: close };
}

function hits(text: string | Buffer): string[] {
	const bytes = typeof text === "string" ? Buffer.from(text) : text;
	return NEEDLES.filter((needle) => bytes.includes(needle));
}

/** The files that hold a value, except for those that a command was told to write. */
function filesWithValues({ machine }: Project): string[] {
	const files = filesBelow(machine).filter(({ bytes }) => hits(bytes).length > 0);
	return files.map(({ path }) => path).filter((path) => !/(given|exported)\.env$/.test(path));
}

/** Runs all commands in order. @returns each with its exit status and its output */
async function runAll({ project, key }: Prepared, more: readonly string[], crashes: boolean) {
	const results: { name: string; status: number | null; output: string }[] = [];
	for (const [name, { args = [], env, input }] of Object.entries(WAYS)) {
		const given = args.map((word) => (word === "KEY" ? key : word));
		const all = name === "run" ? [name, ...more, ...given] : [...name.split(" "), ...given, ...more];
		const { status, stdout, stderr } = await project.kept(all, { env, input, crashes });
		results.push({ name, status, output: stdout + stderr });
	}
	return results;
}

const leaking = (results: readonly { name: string; output: string }[]) =>
	results.filter(({ output }) => hits(output).length > 0).map(({ name }) => name);

let prepared: Prepared;
beforeAll(async () => {
	prepared = await prepare();
});
afterAll(() => prepared?.[Symbol.asyncDispose]());

test("every command is here", () => {
	const { commands } = JSON.parse(readFileSync(join(ROOT, "oclif.manifest.json"), "utf8"));
	const names = Object.keys(commands).map((id) => id.replaceAll(":", " "));
	expect(Object.keys({ ...WAYS, ...SERVERS, "platform start": {} }).sort()).toEqual(names.sort());
});

test.each([
	["a further argument", [CANARY]],
	["an unknown flag", [`--${CANARY}`]],
	["the value of a flag", ["--environment", CANARY]],
])("no command repeats a value that it gets by mistake as %s", async (_, more) => {
	expect(leaking(await runAll(prepared, more, false))).toEqual([]);
});

test("no command prints a value, and no file contains one", async () => {
	const results = await runAll(prepared, [], false);
	expect(leaking(results)).toEqual([]);
	const statuses = Object.entries(WAYS).map(([name, { status = 0 }]) => `${name}: ${status}`);
	expect(results.map(({ name, status }) => `${name}: ${status}`)).toEqual(statuses);
	expect(filesWithValues(prepared.project)).toEqual([]);
});

test("no command prints a value when it crashes, and no file contains one", async () => {
	await using other = await prepare();
	await other.project.ok(["secrets", "set", "RENAMED", "--stdin"], { input: CANARY });
	const results = await runAll(other, ["--json"], true);
	expect(leaking(results)).toEqual([]);
	const crashed = results.filter(({ output }) => output.includes("unexpected TypeError"));
	expect(crashed.length).toBeGreaterThan(50);
	expect(filesWithValues(other.project)).toEqual([]);
});

test.each(Object.entries(SERVERS))("%s prints no value", async (name, { args = [], ready }) => {
	const { project } = prepared;
	const running = project.start([...name.split(" "), ...args], { env: { COFFER_DEBUG: "1" } });
	await Promise.race([running.stdout.next(ready), running.stderr.next(ready)]);
	running.signal("SIGINT");
	const { stdout, stderr } = await running.ended;
	expect(hits(stdout + stderr)).toEqual([]);
});
