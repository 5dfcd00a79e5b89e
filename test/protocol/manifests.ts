// Manifests that the protocol tests start from: one service, one client of it with a sidecar.

export const NAMESPACE = `apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    istio-injection: enabled
`;

function deployment(name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: shop
spec:
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
        - name: ${name}
          image: example/${name}:1
          ports:
            - containerPort: 8080
`;
}

export const WEB = deployment('web');
export const CART = `${deployment('cart')}---
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: shop
spec:
  selector:
    app: cart
  ports:
    - name: http
      port: 80
      targetPort: 8080
`;
export const STRICT = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: shop
spec:
  mtls:
    mode: STRICT
`;
export const DISABLE = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: cart
  namespace: shop
spec:
  host: cart
  trafficPolicy:
    tls:
      mode: DISABLE
`;
/** The line of \`mode: DISABLE\`, and where its value stands. */
export const MODE = { line: 9, from: 12, to: 19 };

/** A mesh in which clients send plaintext to a server that refuses it. */
export const CONFLICT = {
  'namespace.yaml': NAMESPACE,
  'web.yaml': WEB,
  'cart.yaml': CART,
  'mtls.yaml': STRICT,
  'rule.yaml': DISABLE,
};
