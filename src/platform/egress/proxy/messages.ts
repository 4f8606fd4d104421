/** The messages between the platform and its egress proxy: lines of JSON on the proxy's standard input and output. */
import * as z from "zod";

/** A message from the platform to the proxy. */
export type Order =
	| {
			readonly do: "begin";
			readonly allowNet: readonly string[];
			readonly user: { uid: number; gid: number } | null;
	  }
	| {
			readonly do: "admit";
			/** The IPv4 and IPv6 address of the function in its own network. Null if the system has no IPv6. */
			readonly addresses: readonly [string, string | null];
			/** The hosts that the function may reach. Null means the public internet. */
			readonly network: readonly string[] | null;
	  }
	| { readonly do: "dismiss"; readonly addresses: readonly [string, string | null] };

/** A message from the proxy to the platform. */
export const reportSchema = z.discriminatedUnion("event", [
	z.object({ event: z.literal("ready") }),
	z.object({ event: z.literal("admitted"), address: z.string() }),
	z.object({ event: z.literal("refused"), address: z.string(), what: z.string().max(400), count: z.int() }),
]);
export type Report = z.infer<typeof reportSchema>;
