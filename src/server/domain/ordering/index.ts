export { createOrder } from "./create-order.ts";
export { CancelOrder, CreateOrder, ListOrders, MatchOrder, UpdateOrder } from "./inputs.ts";
export { listOrders } from "./list-orders.ts";
export { joinOrder, partOrder } from "./match-by-hand.ts";
export { matchOrders } from "./match-orders.ts";
export { ordersOfStudies } from "./orders-of-study.ts";
export { orderPolicy } from "./policy.ts";
export type * from "./shapes.ts";
export { cancelOrder, updateOrder } from "./update-order.ts";
