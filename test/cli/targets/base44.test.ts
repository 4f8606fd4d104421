/** Base44 passes the contract of a target. Its test server has the API that Base44's own command line uses. */
import LinkBase44 from "../../../src/commands/link/base44.ts";
import { BASE44 } from "../../../src/targets/base44/kind.ts";
import { Base44Server } from "../../support/services/base44-server.ts";
import { describeTarget } from "./contract.ts";

describeTarget("Base44", async () => {
	const server = await new Base44Server().start();
	const { app, key, origin, secrets } = server;
	return {
		kind: BASE44,
		id: { kind: "base44", origin, app },
		credential: key,
		link: [LinkBase44, "--url", origin, "--app", app],
		secrets: () => secrets,
		put: (name, value) => void (value === undefined ? secrets.delete(name) : secrets.set(name, value)),
		goAway: () => server.stop(),
		[Symbol.asyncDispose]: () => server.stop(),
	};
});
