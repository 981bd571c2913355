/** What the control thread is told of who asks, as an IP address; what a client sends under this name is not passed on. */
export const addressHeader = 'x-mart-client-address'
