/** GitHub passes the contract of a target, against a server that accepts only what its own command line sends. */
import LinkGitHub from "../../../src/commands/link/github.ts";
import { GITHUB } from "../../../src/targets/github/kind.ts";
import { GitHubServer } from "../../support/services/target-servers/github.ts";
import { describeTarget } from "./contract.ts";

describeTarget("GitHub", async () => {
	const server = await new GitHubServer("acme/shop:production").start();
	const { app, origin, secrets, token } = server;
	return {
		kind: GITHUB,
		id: { kind: "github", origin, app },
		credential: token,
		oddName: "_9_LIVES",
		otherApp: "acme/moved",
		link: [LinkGitHub, "--repo", "acme/shop", "--github-environment", "production", "--url", origin],
		secrets: () => secrets,
		put: (name, value) => void (value === undefined ? secrets.delete(name) : secrets.set(name, value)),
		goAway: () => server.stop(),
		[Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
	};
});
