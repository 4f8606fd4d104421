/** Cloudflare passes the contract of a target, against a server that accepts only what its own command line sends. */
import LinkCloudflare from "../../../src/commands/link/cloudflare.ts";
import { CLOUDFLARE } from "../../../src/targets/cloudflare/kind.ts";
import { CloudflareServer } from "../../support/services/target-servers/cloudflare.ts";
import { describeTarget } from "./contract.ts";

describeTarget("Cloudflare", async () => {
	const server = await new CloudflareServer().start();
	const { app, origin, secrets, token } = server;
	return {
		kind: CLOUDFLARE,
		id: { kind: "cloudflare", origin, app },
		credential: token,
		otherApp: `${"0".repeat(32)}/shop`,
		link: [
			LinkCloudflare,
			"--account",
			app.split("/")[0] ?? "",
			"--worker",
			app.split("/")[1] ?? "",
			"--url",
			origin,
		],
		secrets: () => secrets,
		put: (name, value) => void (value === undefined ? secrets.delete(name) : secrets.set(name, value)),
		goAway: () => server.stop(),
		[Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
	};
});
