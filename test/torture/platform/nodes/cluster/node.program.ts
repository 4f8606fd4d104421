/** A node of the torture: a platform as `coffer platform start` runs it, with a wall clock that the torture sets. */
import { readIdentityFile } from "../../../../../src/identity/identity-file.ts";
import { readPlatformConfig } from "../../../../../src/platform/configuration/config.ts";
import { limitsOf } from "../../../../../src/platform/configuration/limits.ts";
import { openLog } from "../../../../../src/platform/faults/log.ts";
import { SYSTEM_CLOCK } from "../../../../../src/platform/machine/clock.ts";
import { startPlatform } from "../../../../../src/platform/server.ts";
import type { NodeReady, NodeSettings, SetClock } from "./messages.ts";

const settings = JSON.parse(process.env["NODE_SETTINGS"] ?? "") as NodeSettings;
const { collector, data, gateways, host, identityFile, staleAfterMs, storeUrl } = settings;

let { clockMs } = settings;
process.on("message", (message: SetClock) => {
	clockMs = message.clockMs;
});
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));

const config = readPlatformConfig({
	version: "0.0.0-torture",
	data,
	store: storeUrl,
	listen: `${host}:8080`,
	control: `${host}:8081`,
	allowNet: [collector],
	hostNames: [],
	behindTlsProxy: true,
	// One of the nodes has spare processes. More would take processor time only.
	limits: limitsOf(gateways > 0 ? {} : { "spare-processes": 0 }),
	gateways,
});
const platform = await startPlatform(
	{ ...config, storeAccess: { ...config.storeAccess, staleAfterMs } },
	{
		identity: await readIdentityFile(identityFile),
		log: openLog(),
		clock: { ...SYSTEM_CLOCK, now: () => Date.now() + clockMs },
	},
);
const ready: NodeReady = { token: platform.firstToken };
process.send?.(ready);
