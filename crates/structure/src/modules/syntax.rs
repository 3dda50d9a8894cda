//! Collects from the syntax of a module what it defines, what it imports and which paths it mentions.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};

/// The declarations and names in the source of one module, without its inline modules.
#[derive(Default)]
pub struct Declared {
    /// The names of the items that the module defines.
    pub items: BTreeSet<String>,
    /// The names of the macros among `items`. Child modules see them without a path.
    pub macros: BTreeSet<String>,
    /// The macros with `#[macro_export]`. Their path is `crate::name`, wherever they are defined.
    pub exported_macros: BTreeSet<String>,
    /// The variants of the enums of the module.
    pub variants: BTreeSet<String>,
    /// The methods of the traits of the module.
    pub trait_methods: BTreeSet<String>,
    pub imports: Vec<Import>,
    pub mentions: Vec<Mention>,
    /// The methods of inherent implementations.
    pub methods: Vec<Method>,
    /// The calls `value.name()`.
    pub calls: Vec<Call>,
}

/// One name that a `use` brings into scope.
pub struct Import {
    /// The name in this module. `None` stands for a glob import or `as _`.
    pub name: Option<String>,
    pub path: Vec<String>,
    pub glob: bool,
    /// Whether the `use` has a visibility: it is then a re-export.
    pub exported: bool,
    pub line: usize,
}

/// A path that the code mentions.
pub struct Mention {
    pub path: Vec<String>,
    pub line: usize,
}

/// A method of an inherent implementation.
pub struct Method {
    pub name: String,
    /// The path of the type that the implementation is for.
    pub of: Vec<String>,
}

/// A method call.
pub struct Call {
    pub name: String,
    pub line: usize,
}

/// Collects the declarations of a module with the items `items`.
pub fn declared(items: &[syn::Item]) -> Declared {
    let mut collector = Collector::default();
    for item in items {
        if is_test_only(attributes_of(item)) {
            continue;
        }
        collector.define(item);
        // The tree reads child modules on its own, inline ones too.
        if !matches!(item, syn::Item::Mod(_)) {
            collector.visit_item(item);
        }
    }
    collector.declared
}

/// Returns whether the attributes contain `#[cfg(test)]` or `#[cfg(all(test, …))]`.
pub fn is_test_only(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        list.path.is_ident("cfg") && requires_test(&list.tokens)
    })
}

fn requires_test(condition: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = condition.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(word)] => word == "test",
        [TokenTree::Ident(word), TokenTree::Group(group)] if word == "all" => {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            inner
                .split(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ','))
                .any(|part| requires_test(&part.iter().cloned().collect()))
        }
        _ => false,
    }
}

/// Returns whether the attributes contain `#[macro_use]`.
pub fn uses_macros(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("macro_use"))
}

/// Returns the value of `#[path = "…"]`.
pub fn path_attribute(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("path") => quoted_text(&pair.value),
        _ => None,
    })
}

fn quoted_text(value: &syn::Expr) -> Option<String> {
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(quoted), .. }) = value else { return None };
    Some(quoted.value())
}

fn attributes_of(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::TraitAlias(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Union(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &syn::Item) -> Option<String> {
    let name = match item {
        syn::Item::Const(item) => &item.ident,
        syn::Item::Enum(item) => &item.ident,
        syn::Item::Fn(item) => &item.sig.ident,
        syn::Item::Macro(item) => item.ident.as_ref()?,
        syn::Item::Static(item) => &item.ident,
        syn::Item::Struct(item) => &item.ident,
        syn::Item::Trait(item) => &item.ident,
        syn::Item::TraitAlias(item) => &item.ident,
        syn::Item::Type(item) => &item.ident,
        syn::Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(text(name))
}

/// Returns an identifier without the mark `r#`.
pub fn text(name: &syn::Ident) -> String {
    name.unraw().to_string()
}

fn texts(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| text(&segment.ident)).collect()
}

#[derive(Default)]
struct Collector {
    declared: Declared,
}

impl Collector {
    /// Adds the names that `item` defines.
    fn define(&mut self, item: &syn::Item) {
        let declared = &mut self.declared;
        match item {
            syn::Item::Enum(item) => declared.variants.extend(item.variants.iter().map(|variant| text(&variant.ident))),
            syn::Item::Trait(item) => {
                let methods = item.items.iter().filter_map(|inner| match inner {
                    syn::TraitItem::Fn(method) => Some(text(&method.sig.ident)),
                    _ => None,
                });
                declared.trait_methods.extend(methods);
            }
            _ => {}
        }
        let Some(name) = name_of(item) else { return };
        if let syn::Item::Macro(item) = item {
            declared.macros.insert(name.clone());
            if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) {
                declared.exported_macros.insert(name.clone());
            }
        }
        declared.items.insert(name);
    }

    fn import(&mut self, tree: &syn::UseTree, before: &[String], exported: bool) {
        let mut add = |name: Option<String>, path: Vec<String>, glob: bool, span: Span| {
            self.declared.imports.push(Import { name, path, glob, exported, line: span.start().line });
        };
        let with = |name: &syn::Ident| [before, &[text(name)]].concat();
        match tree {
            syn::UseTree::Path(path) => self.import(&path.tree, &with(&path.ident), exported),
            syn::UseTree::Name(name) if name.ident == "self" => {
                add(before.last().cloned(), before.to_vec(), false, name.ident.span());
            }
            syn::UseTree::Name(name) => add(Some(text(&name.ident)), with(&name.ident), false, name.ident.span()),
            syn::UseTree::Rename(rename) => {
                let path = if rename.ident == "self" { before.to_vec() } else { with(&rename.ident) };
                let name = (rename.rename != "_").then(|| text(&rename.rename));
                add(name, path, false, rename.ident.span());
            }
            syn::UseTree::Glob(glob) => add(None, before.to_vec(), true, glob.star_token.spans[0]),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before, exported);
                }
            }
        }
    }

    /// Collects the paths among tokens that are not parsed: the arguments of a macro or of an attribute.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is_mark =
            |at: usize, mark: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == mark);
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(first) => {
                    let line = first.span().start().line;
                    let after_dot = at > 0 && is_mark(at - 1, '.') && !(at > 1 && is_mark(at - 2, '.'));
                    let absolute = at > 1 && is_mark(at - 1, ':') && is_mark(at - 2, ':');
                    let mut path = vec![text(first)];
                    while is_mark(at + 1, ':') && is_mark(at + 2, ':') {
                        let Some(TokenTree::Ident(next)) = tokens.get(at + 3) else { break };
                        path.push(text(next));
                        at += 3;
                    }
                    if after_dot {
                        self.declared.calls.push(Call { name: path.remove(0), line });
                    } else if !absolute {
                        self.declared.mentions.push(Mention { path, line });
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test_only(attributes_of(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            let exported = !matches!(item.vis, syn::Visibility::Inherited);
            self.import(&item.tree, &[], exported);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if let (None, syn::Type::Path(of)) = (&item.trait_, &*item.self_ty) {
            let of = texts(&of.path);
            for inner in &item.items {
                if let syn::ImplItem::Fn(method) = inner
                    && !is_test_only(&method.attrs)
                {
                    let name = text(&method.sig.ident);
                    self.declared.methods.push(Method { name, of: of.clone() });
                }
            }
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_test_only(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {
        // `pub(in crate::a)` does not use `crate::a`.
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.declared.calls.push(Call { name: text(&call.method), line: call.method.span().start().line });
        visit::visit_expr_method_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none()
            && let Some(first) = path.segments.first()
        {
            let line = first.ident.span().start().line;
            self.declared.mentions.push(Mention { path: texts(path), line });
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        visit::visit_macro(self, item);
        self.tokens(item.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if attribute.path().is_ident("doc") {
            return;
        }
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
            // Serde names functions in strings: `#[serde(with = "crate::time")]`.
            for token in list.tokens.clone() {
                if let TokenTree::Literal(literal) = token
                    && let syn::Lit::Str(quoted) = syn::Lit::new(literal)
                    && let Ok(path) = quoted.parse::<syn::Path>()
                {
                    let line = quoted.span().start().line;
                    self.declared.mentions.push(Mention { path: texts(&path), line });
                }
            }
        }
    }
}
