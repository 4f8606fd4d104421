/**
 * A real Secret Service for tests: gnome-keyring on a private session bus, with folders of its own. It needs
 * the Debian packages dbus-daemon, gnome-keyring and libsecret-1-0. Without them, tests fail.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { type Bus, connectToBus, socketPathOf } from "../../../src/identity/keychain/dbus.ts";
import type { MethodCall, Reply } from "../../../src/identity/keychain/dbus-wire.ts";

export interface SecretServiceOptions {
	/** `none` starts only the bus; with `denied` the bus refuses all calls of the service. */
	service?: "unlocked" | "locked" | "denied" | "none";
}

export interface SecretService {
	/** The environment variables with which a process finds the service. `lock` changes them. */
	readonly env: Record<string, string>;
	/** Stops the service's process, so that it does not respond until `resume` or `close`. */
	pause(): Promise<void>;
	resume(): Promise<void>;
	/** Ends the session and starts a new one with a locked keyring. */
	lock(): Promise<void>;
	/** The number of Coffer's entries. */
	entries(): Promise<number>;
	/** Ends all processes and removes the folders. */
	close(): Promise<void>;
}

/** Starts a bus and the service on it. Resolves when the service responds. */
export async function withSecretService(options: SecretServiceOptions = {}): Promise<SecretService> {
	const { service = "unlocked" } = options;
	const folder = await mkdtemp(join(tmpdir(), "coffer-keyring-"));
	await prepare(folder, service);
	let bus = await start(folder, service === "none" || service === "denied" ? "bus" : "service");
	const lock = async () => {
		await stop(bus);
		await writeStarter(folder, false);
		bus = await start(folder);
	};
	if (service === "locked") await lock();
	return {
		get env() {
			return { DBUS_SESSION_BUS_ADDRESS: bus.address };
		},
		pause: async () => void process.kill(await servicePid(folder), "SIGSTOP"),
		resume: async () => void process.kill(await servicePid(folder), "SIGCONT"),
		lock,
		entries: async () => {
			const found = await callService(bus.address, "SearchItems", [new Map([["service", "coffer"]])]);
			return found.body.paths().length + found.body.paths().length;
		},
		close: async () => {
			await stop(bus);
			await rm(folder, { recursive: true, force: true });
		},
	};
}

/**
 * As on a desktop, the bus starts the service at the first call, and delivers the call when the service is
 * ready. So the tests need not wait.
 */
async function prepare(folder: string, service: string): Promise<void> {
	for (const name of ["home", "data", "config", "cache", "run", "services"]) await mkdir(join(folder, name));
	await chmod(join(folder, "run"), 0o700);
	const deny = service === "denied" ? '<deny send_destination="org.freedesktop.secrets"/>' : "";
	await writeFile(
		join(folder, "bus.conf"),
		`<busconfig>
			<type>session</type>
			<listen>unix:path=${folder}/bus</listen>
			<auth>EXTERNAL</auth>
			<servicedir>${folder}/services</servicedir>
			<policy context="default">
				<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>${deny}
			</policy>
		</busconfig>`,
	);
	if (service === "none") return;
	await writeFile(
		join(folder, "services", "org.freedesktop.secrets.service"),
		`[D-BUS Service]\nName=org.freedesktop.secrets\nExec=/bin/sh ${folder}/start\n`,
	);
	await writeFile(join(folder, "password"), "password of the keyring");
	await writeStarter(folder, true);
}

async function writeStarter(folder: string, unlock: boolean): Promise<void> {
	const daemon = `gnome-keyring-daemon --foreground --components=secrets --control-directory=${folder}/run`;
	const command = unlock ? `${daemon} --unlock < ${folder}/password` : daemon;
	await writeFile(join(folder, "start"), `echo $$ > ${folder}/pid\nexec ${command} > ${folder}/log 2>&1\n`);
}

interface RunningBus {
	process: ChildProcess;
	address: string;
}

/** Ends bus and service when its input ends, also if the process of the tests is killed. */
const SUPERVISOR = `
	dbus-daemon --nofork --nopidfile --config-file="$0/bus.conf" --print-address &
	exec >&-
	read -r _
	test -f "$0/pid" && kill -KILL "$(cat "$0/pid")"
	kill "$!" && wait "$!"`;

async function start(folder: string, until: "bus" | "service" = "service"): Promise<RunningBus> {
	const supervisor = spawn("/bin/sh", ["-c", SUPERVISOR, folder], {
		env: {
			PATH: process.env.PATH,
			HOME: join(folder, "home"),
			XDG_DATA_HOME: join(folder, "data"),
			XDG_CONFIG_HOME: join(folder, "config"),
			XDG_CACHE_HOME: join(folder, "cache"),
			XDG_RUNTIME_DIR: join(folder, "run"),
		},
		stdio: ["pipe", "pipe", "ignore"],
	});
	const lines = createInterface({ input: supervisor.stdout });
	const [address] = (await Promise.race([
		once(lines, "line"),
		once(lines, "close").then(() => Promise.reject(new Error("dbus-daemon did not start"))),
	])) as [string];
	const bus = { process: supervisor, address };
	if (until === "service") await keyringOf(address);
	return bus;
}

/** The path that stands for no keyring. */
const NO_KEYRING = "/";
const KEYRING_MS = 20_000;

/** The service may respond before it has opened its default keyring. @throws Error if it does not open it in time */
async function keyringOf(address: string): Promise<void> {
	const untilMs = performance.now() + KEYRING_MS;
	while ((await callService(address)).body.text() === NO_KEYRING) {
		if (performance.now() > untilMs) throw new Error("gnome-keyring does not open its default keyring.");
		await setTimeout(20);
	}
}

/** Makes the bus start the service, and waits until the service responds. @returns its reply */
async function callService(
	address: string,
	member = "ReadAlias",
	values: MethodCall["arguments"] = ["default"],
): Promise<Reply> {
	const bus: Bus = await connectToBus(socketPathOf(address) ?? "", AbortSignal.timeout(20_000));
	try {
		return await bus.call({
			destination: "org.freedesktop.secrets",
			path: "/org/freedesktop/secrets",
			interface: "org.freedesktop.Secret.Service",
			member,
			arguments: values,
		});
	} finally {
		bus.close();
	}
}

async function servicePid(folder: string): Promise<number> {
	return Number(await readFile(join(folder, "pid"), "utf8"));
}

async function stop(bus: RunningBus): Promise<void> {
	const ended = once(bus.process, "exit");
	bus.process.stdin?.end();
	await ended;
}
