/** The file descriptors of the sockets that the proxy inherits from the program that opens them (`egress-sockets.ts`). */
export const INHERITED_SOCKETS = {
	v4: { tcp: 10, udp: 11 },
	v6: { tcp: 12, udp: 13 },
} as const;

/** The port at which every TCP connection of a function arrives, whatever port the function connected to. */
export const PROXY_PORT = 9_040;
