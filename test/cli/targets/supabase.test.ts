/** Supabase passes the contract of a target, against a server that accepts only what its own command line sends. */
import LinkSupabase from "../../../src/commands/link/supabase.ts";
import { SUPABASE } from "../../../src/targets/supabase/kind.ts";
import { SupabaseServer } from "../../support/services/target-servers/supabase.ts";
import { describeTarget } from "./contract.ts";

describeTarget("Supabase", async () => {
	const server = await new SupabaseServer().start();
	const { app, origin, secrets, token } = server;
	return {
		kind: SUPABASE,
		id: { kind: "supabase", origin, app },
		credential: token,
		otherApp: "tsrqponmlkjihgfedcba",
		link: [LinkSupabase, "--project", app, "--url", origin],
		secrets: () => secrets,
		put: (name, value) => void (value === undefined ? secrets.delete(name) : secrets.set(name, value)),
		goAway: () => server.stop(),
		[Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
	};
});
