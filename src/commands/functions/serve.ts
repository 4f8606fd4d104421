import Dev from "../dev.ts";

/** An alias of `coffer dev`, under the name that Supabase and Netlify use. */
export default class FunctionsServe extends Dev {
	static override summary = "The same as 'coffer dev': run the project's functions on this machine";
	static override examples = [
		"<%= config.bin %> functions serve",
		"<%= config.bin %> functions serve hello --no-watch --port 3001",
	];
}
