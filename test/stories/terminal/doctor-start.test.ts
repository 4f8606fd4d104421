/** `coffer doctor` after a platform on this machine was stopped: the remedy starts it, exactly as it is printed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { remedyOf, textsOf } from "../support/doctor.ts";
import { APP, newIdentityText, newProject } from "../support/project.ts";

/** A network of its own, in which the usual ports are free. It ends with the process that holds it. */
class Network implements AsyncDisposable {
	readonly #holder: ChildProcess;
	readonly #isRoot = process.getuid?.() === 0;

	constructor() {
		const user = this.#isRoot ? [] : ["--map-root-user"];
		const script = "ip link set lo up && echo up && exec cat";
		this.#holder = spawn("unshare", [...user, "--net", "sh", "-c", script], { stdio: "pipe" });
	}

	async up(): Promise<this> {
		if (this.#holder.stdout) await once(this.#holder.stdout, "data");
		return this;
	}

	/** What starts a program in it. */
	get under(): string[] {
		const user = this.#isRoot ? [] : ["--user", "--preserve-credentials"];
		return ["nsenter", "--target", String(this.#holder.pid), "--net", ...user];
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#holder.stdin?.end();
		await once(this.#holder, "close");
	}
}

test.each([
	["at the usual address", [], "coffer platform start"],
	["at another port", ["--control", "127.0.0.1:8099"], "coffer platform start --control 127.0.0.1:8099"],
])("a platform %s", async (_, flags, remedy) => {
	await using network = await new Network().up();
	await using project = await newProject();
	project.variables["COFFER_PLATFORM_IDENTITY"] = newIdentityText();
	project.variables["XDG_DATA_HOME"] = join(project.machine, "data");
	const { under } = network;
	const found = async () => JSON.parse((await project.start(["doctor", "--json"], { under }).ended).stdout);
	const first = project.start(["platform", "start", ...flags, "--json"], { under });
	project.variables["COFFER_TOKEN"] = JSON.parse(await first.stdout.next(/^\{/)).token;
	const url = `http://${flags[1] ?? "127.0.0.1:8081"}`;
	const linked = await project.start(["link", url, "--app", APP], { under }).ended;
	expect([linked.status, linked.stderr]).toEqual([0, ""]);
	first.signal("SIGTERM");
	await first.ended;
	const stopped = await found();
	expect(textsOf(stopped, "platform")).toEqual([expect.stringMatching(/^failure .*cannot be reached/)]);
	expect(remedyOf(stopped, "platform")).toBe(remedy);
	const again = project.start(remedyOf(stopped, "platform").split(" ").slice(1), { under });
	await again.stdout.next(/127\.0\.0\.1/);
	expect(textsOf(await found(), "platform")).toEqual([expect.stringMatching(/^ok /)]);
	again.signal("SIGTERM");
	await again.ended;
});
