/**
 * Runs Deno scripts with all permissions: one in the network of each function, and two in the machine's network.
 * Prints lines of JSON: first the sockets at which the scripts answer, and then, for each line on standard input, what
 * was refused. Ends with its standard input.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NetworkIsolation } from "../../../src/platform/egress/network.ts";
import { openNetwork } from "../../../src/platform/egress/open-network.ts";
import { Users } from "../../../src/platform/machine/users.ts";
import { dropPrivilegesCommand } from "../../../src/platform/runtime/process/drop-privileges.ts";
import { evaluatorScript } from "../runtime/isolation/evaluator.ts";

interface Request {
	directory: string;
	deno: string;
	socketOpenerPath: string;
	program: string;
	isolation: NetworkIsolation;
	allowNet: string[];
	/** The `network` of each function. */
	functions: Record<string, string[] | null>;
}

const request: Request = JSON.parse(process.argv[2] ?? "");
const { allowNet, deno, directory, functions, isolation, socketOpenerPath, program } = request;
const users = new Users();
const egress = join(directory, "egress");
mkdirSync(egress, { mode: 0o711 });
const refused: string[] = [];
const network = await openNetwork({
	directory: egress,
	deno,
	socketOpenerPath,
	program,
	allowNet,
	user: users.reserve(),
	needed: [directory, deno],
	isRoot: true,
	users,
	isolationKinds: [isolation],
	onMissing: (kind, why) => console.error(kind, why),
	onFailed: (what) => refused.push(`failed: ${what}`),
});

/** @param hosts undefined for a script without isolation @param user root for a script that counts as the machine's own */
async function start(name: string, hosts: string[] | null | undefined, user = users.reserve()) {
	const folder = join(directory, name);
	const [temporary, denoDirectory, socketPath, script] = ["tmp", "deno", "s", "script.js"].map((each) =>
		join(folder, each),
	) as [string, string, string, string];
	for (const path of [folder, temporary, denoDirectory]) {
		mkdirSync(path, { mode: 0o700 });
		chownSync(path, user.uid, user.gid);
	}
	chmodSync(folder, 0o711);
	writeFileSync(script, evaluatorScript(socketPath), { mode: 0o644 });
	const client = { network: hosts ?? undefined, temporary, user };
	const attachment = hosts === undefined ? undefined : await network.attach(client);
	if (attachment !== undefined) attachment.onRefused = (sentence) => refused.push(`${name}: ${sentence}`);
	const isRoot = attachment?.startsAsRoot !== false;
	const flags = ["run", "--quiet", "--no-config", "--no-lock", "-A", "--unstable-kv", "--unstable-net"];
	const before = [
		...(attachment?.commandPrefix ?? []),
		...dropPrivilegesCommand(isRoot ? { becomes: user } : undefined),
	];
	const [file = "", ...args] = [...before, deno, ...flags, script];
	const child = spawn(file, args, {
		cwd: temporary,
		env: { DENO_DIR: denoDirectory, TMPDIR: temporary, NO_COLOR: "1" },
		stdio: ["ignore", "pipe", "inherit"],
		...(isRoot ? {} : user),
	});
	await once(child.stdout, "data");
	child.stdout.resume();
	return { child, pid: child.pid ?? -1, socketPath };
}

const started = await Promise.all(
	Object.entries(functions).map(async ([name, hosts]) => [name, await start(name, hosts)] as const),
);
// Two scripts without isolation: without a namespace, and as a user to which no rule applies.
const root = { uid: 0, gid: 0 };
started.push(["outside", await start("outside", undefined, isolation === "namespace" ? undefined : root)]);
started.push(["root", await start("root", undefined, root)]);
const scripts = started.map(([name, { pid, socketPath }]) => [name, { pid, socketPath }]);
console.log(JSON.stringify({ isolation: network.isolation, scripts: Object.fromEntries(scripts) }));

process.stdin.on("data", () => console.log(JSON.stringify(refused.splice(0))));
await once(process.stdin, "end");
for (const [, { child }] of started) child.kill("SIGKILL");
await network.close();
