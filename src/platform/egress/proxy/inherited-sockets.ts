/**
 * The file descriptors of the sockets that the proxy inherits from the program that opens them (`egress-sockets.ts`).
 * Deno runs that program and takes the lowest free numbers for its own descriptors. If one of these numbers were used
 * by Deno, one of its threads could close it just after the socket replaced it.
 */
export const INHERITED_SOCKETS = {
	v4: { tcp: 200, udp: 201 },
	v6: { tcp: 202, udp: 203 },
} as const;

/** The port at which every TCP connection of a function arrives, for all target ports. */
export const PROXY_PORT = 9_040;
