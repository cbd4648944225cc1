--
-- PostgreSQL database dump
--
\restrict GP8HiBq8HTDatMKnUAa1gojSWWTNNXeF4zoeNzMr3b2PmjjBaB8TiIXjYF13tSA
-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
--
-- Name: customers; Type: TABLE; Schema: public; Owner: postgres
--
CREATE TABLE public.customers (
    id integer NOT NULL,
    email text,
    phone_number text,
    "date of birth" date
);
ALTER TABLE public.customers OWNER TO postgres;
--
-- Name: customers_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--
CREATE SEQUENCE public.customers_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER TABLE public.customers_id_seq OWNER TO postgres;
--
-- Name: customers_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: postgres
--
ALTER SEQUENCE public.customers_id_seq OWNED BY public.customers.id;
--
-- Name: settings; Type: TABLE; Schema: public; Owner: postgres
--
CREATE TABLE public.settings (
    name text,
    value text
);
ALTER TABLE public.settings OWNER TO postgres;
--
-- Name: v; Type: VIEW; Schema: public; Owner: postgres
--
CREATE VIEW public.v AS
 SELECT 1 AS "?column?";
ALTER TABLE public.v OWNER TO postgres;
--
-- Name: customers id; Type: DEFAULT; Schema: public; Owner: postgres
--
ALTER TABLE ONLY public.customers ALTER COLUMN id SET DEFAULT nextval('public.customers_id_seq'::regclass);
--
-- Data for Name: customers; Type: TABLE DATA; Schema: public; Owner: postgres
--
COPY public.customers (id, email, phone_number, "date of birth") FROM stdin;
1	1@example.org	0	\N
2	2@example.org	0	\N
3	3@example.org	0	\N
4	4@example.org	0	\N
5	5@example.org	0	\N
6	6@example.org	0	\N
7	7@example.org	0	\N
8	8@example.org	0	\N
9	9@example.org	0	\N
10	10@example.org	0	\N
11	11@example.org	0	\N
12	12@example.org	0	\N
13	13@example.org	0	\N
14	14@example.org	0	\N
15	15@example.org	0	\N
16	16@example.org	0	\N
17	17@example.org	0	\N
18	18@example.org	0	\N
19	19@example.org	0	\N
20	20@example.org	0	\N
21	21@example.org	0	\N
22	22@example.org	0	\N
23	23@example.org	0	\N
24	24@example.org	0	\N
25	25@example.org	0	\N
26	26@example.org	0	\N
27	27@example.org	0	\N
28	28@example.org	0	\N
29	29@example.org	0	\N
30	30@example.org	0	\N
31	31@example.org	0	\N
32	32@example.org	0	\N
33	33@example.org	0	\N
34	34@example.org	0	\N
35	35@example.org	0	\N
36	36@example.org	0	\N
37	37@example.org	0	\N
38	38@example.org	0	\N
39	39@example.org	0	\N
40	40@example.org	0	\N
41	41@example.org	0	\N
42	42@example.org	0	\N
43	43@example.org	0	\N
44	44@example.org	0	\N
45	45@example.org	0	\N
46	46@example.org	0	\N
47	47@example.org	0	\N
48	48@example.org	0	\N
49	49@example.org	0	\N
50	50@example.org	0	\N
51	51@example.org	0	\N
52	52@example.org	0	\N
53	53@example.org	0	\N
54	54@example.org	0	\N
55	55@example.org	0	\N
56	56@example.org	0	\N
57	57@example.org	0	\N
58	58@example.org	0	\N
59	59@example.org	0	\N
60	60@example.org	0	\N
61	61@example.org	0	\N
62	62@example.org	0	\N
63	63@example.org	0	\N
64	64@example.org	0	\N
65	65@example.org	0	\N
66	66@example.org	0	\N
67	67@example.org	0	\N
68	68@example.org	0	\N
69	69@example.org	0	\N
70	70@example.org	0	\N
71	71@example.org	0	\N
72	72@example.org	0	\N
73	73@example.org	0	\N
74	74@example.org	0	\N
75	75@example.org	0	\N
76	76@example.org	0	\N
77	77@example.org	0	\N
78	78@example.org	0	\N
79	79@example.org	0	\N
80	80@example.org	0	\N
81	81@example.org	0	\N
82	82@example.org	0	\N
83	83@example.org	0	\N
84	84@example.org	0	\N
85	85@example.org	0	\N
86	86@example.org	0	\N
87	87@example.org	0	\N
88	88@example.org	0	\N
89	89@example.org	0	\N
90	90@example.org	0	\N
91	91@example.org	0	\N
92	92@example.org	0	\N
93	93@example.org	0	\N
94	94@example.org	0	\N
95	95@example.org	0	\N
96	96@example.org	0	\N
97	97@example.org	0	\N
98	98@example.org	0	\N
99	99@example.org	0	\N
100	100@example.org	0	\N
101	101@example.org	0	\N
102	102@example.org	0	\N
103	103@example.org	0	\N
104	104@example.org	0	\N
105	105@example.org	0	\N
106	106@example.org	0	\N
107	107@example.org	0	\N
108	108@example.org	0	\N
109	109@example.org	0	\N
110	110@example.org	0	\N
111	111@example.org	0	\N
112	112@example.org	0	\N
113	113@example.org	0	\N
114	114@example.org	0	\N
115	115@example.org	0	\N
116	116@example.org	0	\N
117	117@example.org	0	\N
118	118@example.org	0	\N
119	119@example.org	0	\N
120	120@example.org	0	\N
\.
--
-- Data for Name: settings; Type: TABLE DATA; Schema: public; Owner: postgres
--
COPY public.settings (name, value) FROM stdin;
a	line\nbreak
b	\N
\.
--
-- Name: customers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--
SELECT pg_catalog.setval('public.customers_id_seq', 120, true);
--
-- Name: customers customers_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--
ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (id);
--
-- PostgreSQL database dump complete
--
\unrestrict GP8HiBq8HTDatMKnUAa1gojSWWTNNXeF4zoeNzMr3b2PmjjBaB8TiIXjYF13tSA
