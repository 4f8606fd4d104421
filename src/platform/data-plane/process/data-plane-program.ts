/**
 * The program of the data plane: it holds the processes of functions, their stores and the gateways, and outlives the
 * control plane that started it. It gets its configuration as JSON on standard input, and writes one line when it is
 * ready: empty, or the error for which it cannot start.
 */
import { access, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { encodeError } from "../../channel/remote-error.ts";
import { type DataPlaneConfiguration, pidFile } from "../configuration.ts";
import { DataPlaneProcess } from "./data-plane-process.ts";

/** The interval at which the data plane checks that its socket still exists. */
const SOCKET_CHECK_MS = 1_000;

async function main(): Promise<void> {
	const configuration = JSON.parse(await text(process.stdin)) as DataPlaneConfiguration;
	try {
		await writeFile(pidFile(configuration.socketPath), `${process.pid}\n`);
		const plane = await DataPlaneProcess.open(configuration, () => process.exit(0));
		// A service manager sends a signal to all processes. The control plane then lets requests finish and closes this one.
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
			process.on(signal, () => !plane.isControlled && void plane.end());
		// Without its socket no control plane can find it any more, for example because the data directory was removed.
		const check = () => access(configuration.socketPath).catch(() => plane.end());
		setInterval(check, SOCKET_CHECK_MS).unref();
		process.stdout.write("\n");
	} catch (error) {
		process.stdout.write(`${JSON.stringify(encodeError(error))}\n`, () => process.exit(1));
	}
}

// The control plane reads one line, and then nothing.
process.stdout.on("error", () => {});
void main();
