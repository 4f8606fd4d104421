/** The error of a node that does not reach the store. */
import { AppError, EXIT } from "../../errors.ts";

/** This node cannot reach the store. */
export function cutOff(): AppError {
	return new AppError({
		code: "NODE_CUT_OFF",
		message: "This node of the platform does not reach its store, so it does not know the present values.",
		hint: "Try again. If it lasts, use another node, and check the network between this node and etcd.",
		exit: EXIT.network,
	});
}
