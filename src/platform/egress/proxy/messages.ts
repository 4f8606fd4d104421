/** What the platform and its egress proxy say to one another: lines of JSON on the proxy's standard input and output. */
import { z } from "zod";

/** The platform's orders. */
export type Order =
	| {
			readonly do: "begin";
			readonly allowNet: readonly string[];
			readonly user: { uid: number; gid: number } | null;
	  }
	| {
			readonly do: "admit";
			/** The addresses that the function has in its own network; the second is IPv6, null where there is none. */
			readonly addresses: readonly [string, string | null];
			/** The hosts that it may reach; null for the public internet. */
			readonly network: readonly string[] | null;
	  }
	| { readonly do: "dismiss"; readonly addresses: readonly [string, string | null] };

/** What the proxy reports. */
export const reportSchema = z.discriminatedUnion("event", [
	z.object({ event: z.literal("ready") }),
	z.object({ event: z.literal("admitted"), address: z.string() }),
	z.object({ event: z.literal("refused"), address: z.string(), what: z.string().max(400), count: z.int() }),
]);
export type Report = z.infer<typeof reportSchema>;
