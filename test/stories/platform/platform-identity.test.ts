/** A platform's machine is lost. A backup and an exported identity restore the platform on another machine. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeCheap, writeCheapExport } from "../../support/cheap-export.ts";
import { filesBelow } from "../../support/files-below.ts";
import { type SecretService, withSecretService } from "../../support/services/secret-service.ts";
import { newProject, Project } from "../support/project.ts";

const PASSPHRASE = "plätform canary 77f1";
const WITH = { input: `${PASSPHRASE}\n` };
const STDIN = ["--passphrase-stdin"];
const PORTS = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--spare-processes", "0"];

let services: SecretService[];
/** The lost machine, and the machine that replaces it. Each has its own keychain. */
let before: Project;
let after: Project;
beforeAll(async () => {
	services = await Promise.all([withSecretService(), withSecretService()]);
	before = await newProject({ env: services[0]?.env ?? {} });
	after = new Project({ env: services[1]?.env ?? {}, identity: before.identity as string });
});
afterAll(async () => {
	await before?.[Symbol.asyncDispose]();
	await after?.[Symbol.asyncDispose]();
	for (const service of services ?? []) await service.close();
});

interface Ready {
	control: string;
	listen: string;
	token?: string;
}

async function start(machine: Project, data: string, flags: readonly string[] = []) {
	const running = machine.start(["platform", "start", "--data", data, ...PORTS, ...flags, "--json"]);
	const ready = JSON.parse(await running.stdout.next(/^\{/)) as Ready;
	const stop = async () => {
		running.signal("SIGTERM");
		expect((await running.ended).status).toBe(0);
	};
	return { ...ready, stop };
}

test("platform identity export and import move an identity from one keychain to another, and a backup opens with it", async () => {
	const [data, backup, file] = ["data", "backup", "export"].map((name) => join(before.machine, name)) as [
		string,
		string,
		string,
	];
	const early = await before.coffer(["platform", "identity", "export", file, ...STDIN, "--json"], WITH);
	expect(early.error()).toMatchObject({ code: "PLATFORM_IDENTITY_MISSING", exit: 3 });

	const first = await start(before, data);
	before.variables["COFFER_TOKEN"] = first.token;
	before.write("functions/hello.ts", "export default () => new Response(Deno.env.get('WORD') ?? '');\n");
	await before.ok(["secrets", "set", "WORD=kept"]);
	await before.ok(["link", first.control, "--app", "shop"]);
	await before.ok(["functions", "deploy"]);
	await before.git("init", "-q");
	const inRepository = ["platform", "identity", "export", "in-git", ...STDIN, "--json"];
	const seen = { code: "IDENTITY_IN_REPOSITORY", exit: 2 };
	expect((await before.coffer(inRepository, WITH)).error()).toMatchObject(seen);
	const exported = await before.data(["platform", "identity", "export", file, ...STDIN], WITH);
	const [, fingerprint] = /^coffer_([\w-]{22})\./.exec(first.token ?? "") ?? [];
	expect(exported).toEqual({ file, fingerprint, source: "keychain" });
	expect(statSync(file).mode & 0o777).toBe(0o600);
	await makeCheap(file, PASSPHRASE);
	await before.ok(["platform", "backup", backup, "--data", data]);
	await first.stop();

	const restored = join(after.machine, "data");
	await after.ok(["platform", "restore", backup, "--data", restored]);
	await after.git("init", "-q");
	const clear = ["platform", "identity", "import", file, "--identity-file", "in-git", ...STDIN, "--json"];
	expect((await after.coffer(clear, WITH)).error()).toMatchObject(seen);
	const imported = await after.ok(["platform", "identity", "import", file, ...STDIN], WITH);
	expect(imported.stdout).toContain(fingerprint);
	expect(await after.data(["platform", "identity", "import", file, ...STDIN], WITH)).toEqual({
		fingerprint,
		source: "keychain",
		file: null,
		present: true,
	});
	const second = await start(after, restored);
	expect(second.token).toBeUndefined();
	expect(await (await fetch(`${second.listen}/shop/hello`)).text()).toBe("kept");
	await second.stop();

	const machines = [...filesBelow(before.machine), ...filesBelow(after.machine)];
	for (const secret of [PASSPHRASE, "coffer-identity-1"])
		expect(machines.filter(({ bytes }) => bytes.includes(secret)).map(({ path }) => path)).toEqual([]);
});

test("platform identity export and import use files, and refuse identities of members and identities that would not be used", async () => {
	const [kept, file, copy, own] = ["kept", "export-2", "copy", "own"].map((name) =>
		join(after.machine, name),
	) as [string, string, string, string];
	const started = await start(after, join(after.machine, "data-2"), ["--identity-file", kept]);
	await started.stop();
	await after.ok(["platform", "identity", "export", file, "--identity-file", kept, ...STDIN], WITH);
	const into = (path: string) => ["platform", "identity", "import", path, "--identity-file", copy, ...STDIN];
	expect((await after.ok(into(file), WITH)).stdout).toContain(`--identity-file ${copy}`);
	expect(readFileSync(copy, "utf8")).toBe(readFileSync(kept, "utf8"));
	expect(statSync(copy).mode & 0o777).toBe(0o600);

	const shadowed = await after.coffer(["platform", "identity", "import", file, ...STDIN, "--json"], {
		...WITH,
		env: { COFFER_PLATFORM_IDENTITY_FILE: kept },
	});
	expect(shadowed.error()).toMatchObject({ code: "IDENTITY_EXISTS", exit: 5 });
	await writeCheapExport(own, after.identity as string, PASSPHRASE);
	const personal = await after.coffer([...into(own), "--json"], WITH);
	expect(personal.error()).toMatchObject({ code: "PLATFORM_IDENTITY_PERSONAL", exit: 3 });
});
